"""Questions in words become SQL: LangChain's chain, LlamaIndex's engine."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import sqlalchemy
from llama_index.core import MockEmbedding
from llama_index.core import SQLDatabase as Tables
from llama_index.core.query_engine import NLSQLTableQueryEngine

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`langchain-community` is being sunset", DeprecationWarning)
    from langchain_classic.chains import create_sql_query_chain
    from langchain_community.utilities import SQLDatabase

ROWS = [("Oslo", 709000, "Norway"), ("Bergen", 291000, "Norway"), ("Paris", 2100000, "France")]
ASKED = [
    ("cities", "How many people live in Oslo?", 709000),
    ("cities", "What is the population of Bergen?", 291000),
    ("cities", "How many cities are there?", 3),
    ("cities", "How many cities are in Norway?", 2),
    ("cities", "In which country is Paris?", "France"),
    ("ports", "How many berths has Bergen?", 120),
    ("ports", "Which port has the most berths?", "Bergen"),
    ("ports", "How many ports are there?", 2),
    ("ports", "What is the average number of berths?", 100),
]


@pytest.fixture
def database() -> Any:
    engine = sqlalchemy.create_engine(
        "sqlite://", poolclass=sqlalchemy.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE cities (name VARCHAR(20), population INTEGER, country VARCHAR(20))"
        )
        for row in ROWS:
            connection.exec_driver_sql("INSERT INTO cities VALUES (?, ?, ?)", row)
        connection.exec_driver_sql("CREATE TABLE ports (name VARCHAR(20), berths INTEGER)")
        connection.exec_driver_sql("INSERT INTO ports VALUES ('Bergen', 120), ('Ostend', 80)")
    return engine


@pytest.mark.parametrize(("table", "question", "answer"), ASKED)
def test_a_chain_of_langchain(model, database, table: str, question: str, answer: object) -> None:
    chain = create_sql_query_chain(model, SQLDatabase(database, include_tables=[table]))
    with database.begin() as connection:
        rows = connection.exec_driver_sql(chain.invoke({"question": question})).fetchall()
    assert answer in rows[0]
    assert len(rows) == 1


@pytest.mark.parametrize(("table", "question", "answer"), ASKED)
def test_an_engine_of_llama_index(llm, database, table: str, question: str, answer: object) -> None:
    engine = NLSQLTableQueryEngine(
        Tables(database, include_tables=[table]), tables=[table], llm=llm,
        embed_model=MockEmbedding(8),
    )  # fmt: skip
    found = engine.query(question)
    assert answer in found.metadata["result"][0]
    assert str(answer) in str(found)
