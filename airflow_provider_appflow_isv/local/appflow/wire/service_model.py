"""AppFlow's service model as botocore ships it: the one source of shapes, enums, limits and error statuses."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape, StructureShape


@cache
def service_model() -> ServiceModel:
    """Return the AppFlow model (API version 2020-08-23), loaded once."""
    return ServiceModel(Loader().load_service_model("appflow", "service-2"), "appflow")


def structure(name: str) -> StructureShape:
    """Return a structure of the model by its shape name."""
    shape: Shape = service_model().shape_for(name)
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{name} is a {shape.type_name} in the AppFlow model, not a structure.")
    return shape


@cache
def error_status(code: str) -> int | None:
    """Return the HTTP status of an AppFlow error code, None if the model does not know the code."""
    for shape in service_model().error_shapes:
        if shape.name == code:
            return int(shape.metadata["error"]["httpStatusCode"])
    return None


@cache
def member_of(connector_type: str) -> str:
    """Return the member that holds a connector's properties, credentials and operators.

    It is the connector type except for Googleanalytics, Servicenow and Infornexus, which are spelt in mixed case there.
    """
    spelling = {name.lower(): name for name in structure("ConnectorOperator").members}
    return spelling.get(connector_type.lower(), connector_type)
