"""Addresses of the service; one pattern per shape of path, as moto's server matches them."""

from .responses import AppFlowResponse

url_bases = [r"https?://appflow\.(.+)\.amazonaws\.com"]

url_paths = {
    "{0}/(?P<operation>[^/]+)$": AppFlowResponse.dispatch,
    r"{0}/tags/(?P<arn>[\s\S]+)$": AppFlowResponse.dispatch,
}
