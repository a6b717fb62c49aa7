"""SQL statements: executed at once, their results kept for an hour for the caller to ask again."""

from __future__ import annotations

import uuid

from registry.api.base import ApiView, Nothing, Params, asks
from registry.api.sql import serializers as wire
from registry.exceptions import DoesNotExist, RegistryError
from registry.services.finding import statements


class StatementsView(ApiView):
    def kept(self, statement_id: uuid.UUID) -> wire.StatementAnswer:
        return statements.read_answer(actor=self.actor, key=statement_id)  # type: ignore[return-value]  # kept as JSON


class Statements(StatementsView):
    @asks(wire.ExecuteStatement)
    def post(self, params: Params) -> wire.StatementAnswer:
        """Execute one statement. What it refuses is the FAILED state of a successful request, as in Databricks."""
        key = uuid.uuid4()
        try:
            table = statements.execute_statement(
                actor=self.actor, text=params["statement"], catalog=params["catalog"], schema=params["schema"]
            )
        except RegistryError as error:
            answer = wire.failed(str(key), error)
        else:
            answer = wire.succeeded(str(key), table, params.get("row_limit"))
        statements.keep_answer(actor=self.actor, key=key, answer=answer)
        return answer


class Statement(StatementsView):
    @asks()
    def get(self, statement_id: uuid.UUID) -> wire.StatementAnswer:
        return self.kept(statement_id)


class CancelStatement(StatementsView):
    @asks()
    def post(self, statement_id: uuid.UUID) -> Nothing:
        """Every statement has ended by the time its id is known: there is nothing to cancel."""
        self.kept(statement_id)
        return {}


class ResultChunk(StatementsView):
    @asks()
    def get(self, statement_id: uuid.UUID, chunk_index: int) -> wire.ResultData:
        answer = self.kept(statement_id)
        if chunk_index != 0 or "result" not in answer:
            raise DoesNotExist(f"The statement {statement_id} has no chunk {chunk_index}.")
        return answer["result"]
