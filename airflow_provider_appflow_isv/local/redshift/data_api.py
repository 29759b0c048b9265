"""The Redshift Data API of moto, made to run its statements.

moto's own leaves each statement STARTED for ever and returns rows of its own making.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import moto.redshiftdata.urls
from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape
from botocore.validate import ParamValidator
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores

from airflow_provider_appflow_isv.local.appflow.wire.paging import page
from airflow_provider_appflow_isv.local.identity import Caller, find_caller

from .results import fields, metadata
from .sql import parameter_names
from .statements import FINISHED, Query, Statement, Statements, statement_backends
from .warehouse import WarehouseNotFound, warehouse

if TYPE_CHECKING:
    from .database import Warehouse

_PATH = "{0}/$"
_ROWS_A_PAGE = 1000
_STATEMENTS_A_PAGE = 100  # the most that MaxResults allows
_LAST_NUMBER = 10**12 - 1
_NOT_HERE = ("SessionId", "SessionKeepAliveSeconds")
_service: ServiceModel = ServiceModel(Loader().load_service_model("redshift-data", "service-2"), "redshift-data")


class ValidationException(ServiceException):
    code = "ValidationException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"

    def __init__(self, message: str, resource_id: str) -> None:
        super().__init__(message)
        self.ResourceId = resource_id


def serve_data_api() -> None:
    """Make moto's ``redshift-data`` run statements in the local warehouses. Calling it again changes nothing.

    Served are ExecuteStatement, BatchExecuteStatement, DescribeStatement, GetStatementResult, ListStatements and
    CancelStatement. A statement has run when ExecuteStatement answers: it is FINISHED or FAILED from then on, and there
    is never one to cancel. Who asks decides whose clusters are meant; an unknown cluster is refused, any workgroup
    exists (see ``local.redshift.warehouse``). Refused, for they are not here: sessions, events and results as CSV.

    Works for ``mock_aws``, ``ThreadedMotoServer`` and moto's server program alike; call it before the first request.
    """
    moto.redshiftdata.urls.url_paths[_PATH] = DataApiResponse.dispatch


class DataApiResponse(BaseResponse):
    """One method for each operation, found by moto by its name."""

    def __init__(self) -> None:
        super().__init__(service_name="redshift-data")

    @property
    def statements(self) -> Statements:
        return statement_backends[self.current_account][self.region]

    def call_action(self) -> Any:
        operation = self._get_action()
        if operation and not hasattr(type(self), camelcase_to_underscores(operation)):
            return self.serialized(
                ActionResult(ValidationException(f"The local Redshift Data API does not have {operation}."))
            )
        return super().call_action()

    def execute_statement(self) -> ActionResult:
        params = self._params()
        return self._once(params, [params["Sql"]], batch=False)

    def batch_execute_statement(self) -> ActionResult:
        params = self._params()
        return self._once(params, params["Sqls"], batch=True)

    def describe_statement(self) -> ActionResult:
        statement, query = self._find(self._params()["Id"])
        if statement.batch and query is not None:
            return ActionResult({**statement.describe(), "SubStatements": None, **query.describe()})
        return ActionResult(statement.describe())

    def get_statement_result(self) -> ActionResult:
        params = self._params()
        _, query = self._find(params["Id"])
        if query is None:
            raise ValidationException("BatchExecuteStatement result can only be retrieved with sub-statement id.")
        if query.result is None or query.result.columns is None:
            raise ResourceNotFoundException(
                "Query does not have result. Please check query status with DescribeStatement.", params["Id"]
            )
        rows = query.result.rows
        shown, token = page(
            range(len(rows)),
            lambda number: f"{number:012}",
            scope=f"GetStatementResult {query.id}",
            max_results=_ROWS_A_PAGE,
            next_token=params.get("NextToken"),
        )
        return ActionResult(
            {
                "ColumnMetadata": [metadata(column) for column in query.result.columns],
                "Records": [fields(rows[number]) for number in shown],
                "TotalNumRows": len(rows),
                "NextToken": token,
            }
        )

    def list_statements(self) -> ActionResult:
        params = self._params()
        shown, token = page(
            [statement for statement in self.statements.newest_first() if self._is_listed(statement, params)],
            lambda statement: f"{_LAST_NUMBER - statement.number:012}",
            scope="ListStatements",
            max_results=params.get("MaxResults") or _STATEMENTS_A_PAGE,
            next_token=params.get("NextToken"),
        )
        return ActionResult({"Statements": [statement.summary() for statement in shown], "NextToken": token})

    def cancel_statement(self) -> ActionResult:
        statement, _ = self._find(self._params()["Id"])
        raise ValidationException(
            f"Could not cancel a query that is already in {statement.status} state with ID: {statement.id}"
        )

    def _once(self, params: dict[str, Any], sqls: list[str], *, batch: bool) -> ActionResult:
        """Run a statement, or for a client token that was there before, give the answer that it got."""
        token = {"clientToken": params.get("ClientToken")}
        run = functools.partial(self._run, params, sqls, batch=batch)
        return ActionResult(self.statements.tokens.once(self._get_action(), token, run, same_parameters=False))

    def _run(self, params: dict[str, Any], sqls: list[str], *, batch: bool) -> dict[str, Any]:
        _refuse_what_is_not_here(params)
        _check_parameters(params, sqls)
        target = self._target(params)
        caller = self._caller()
        db_user = params.get("DbUser") or (None if "SecretArn" in params else _iam_user(caller.arn))
        statement = self.statements.run(
            params, sqls, target, batch=batch, caller=caller.principal.arns, db_user=db_user
        )
        answer = {
            "Id": statement.id,
            "CreatedAt": statement.queries[0].created_at,
            "DbUser": db_user,
            **statement.target,
        }
        if "WaitTimeSeconds" in params:
            answer |= {
                "Status": statement.status,
                "HasResultSet": statement.has_result_set,
                "RedshiftPid": statement.pid,
            }
        return answer

    def _target(self, params: dict[str, Any]) -> Warehouse:
        names = [str(params[name]) for name in ("ClusterIdentifier", "WorkgroupName") if params.get(name)]
        if len(names) != 1:
            raise ValidationException("Give either ClusterIdentifier or WorkgroupName, and not both.")
        if not params.get("Database"):
            raise ValidationException("Database: it is missing; name the database to run the statement in.")
        serverless = "WorkgroupName" in params
        try:
            return warehouse(self.current_account, self.region, names[0], params["Database"], serverless=serverless)
        except WarehouseNotFound as error:
            raise ValidationException(str(error)) from None

    def _caller(self) -> Caller:
        return find_caller(self.current_account, self.get_access_key(), self.region)

    def _find(self, statement_id: str) -> tuple[Statement, Query | None]:
        """The statement of an id, and the query: of a batch only by a part's id."""
        statement = self.statements.get(statement_id)
        queries = {query.id: query for query in statement.queries} if statement else {}
        if statement is None or (statement_id != statement.id and statement_id not in queries):
            raise ResourceNotFoundException("Query does not exist.", statement_id)
        return statement, queries.get(statement_id)

    def _is_listed(self, statement: Statement, params: dict[str, Any]) -> bool:
        wanted = params.get("Status", FINISHED)
        arns = self._caller().principal.arns
        which = -1 if params.get("RoleLevel", True) else 0
        places = ("ClusterIdentifier", "WorkgroupName", "Database")
        return (
            wanted in ("ALL", statement.status)
            and str(statement.request.get("StatementName", "")).startswith(params.get("StatementName", ""))
            and statement.caller[which] == arns[which]
            and all(name not in params or statement.request.get(name) == params[name] for name in places)
        )

    def _params(self) -> dict[str, Any]:
        """The request's members, checked against the model."""
        try:
            params = json.loads(self.body) if self.body else {}
        except ValueError:
            params = None
        if not isinstance(params, dict):
            raise ValidationException("The request body is not a JSON object.")
        shape = _service.operation_model(self._get_action()).input_shape
        assert isinstance(shape, StructureShape)  # every operation has input
        given = {name: value for name, value in params.items() if value is not None}
        known = {name: value for name, value in given.items() if name in shape.members}  # a newer client may say more
        report = ParamValidator().validate(known, shape)
        if report.has_errors():
            raise ValidationException(report.generate_report())
        return given


def _refuse_what_is_not_here(params: dict[str, Any]) -> None:
    for name in _NOT_HERE:
        if name in params:
            raise ValidationException(f"{name}: the local Redshift Data API has no sessions; leave it out.")
    if params.get("WithEvent"):
        raise ValidationException("WithEvent: the local Redshift Data API sends no events; leave it out.")
    if params.get("ResultFormat", "JSON") != "JSON":
        raise ValidationException("ResultFormat: the local Redshift Data API has results as JSON only.")


def _check_parameters(params: dict[str, Any], sqls: list[str]) -> None:
    """Each parameter has to be used by at least one statement (Redshift Data API reference, BatchExecuteStatement)."""
    given = [each["name"] for each in params.get("Parameters") or ()]
    used = set().union(*map(parameter_names, sqls))
    unused = [name for name in given if name not in used]
    if unused:
        raise ValidationException(
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]"
        )


def _iam_user(arn: str) -> str:
    """The database user that an IAM identity has (Redshift Data API reference, ExecuteStatement)."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return f"IAMR:{name.partition('/')[0]}" if kind == "assumed-role" else f"IAM:{name.rpartition('/')[2] or kind}"
