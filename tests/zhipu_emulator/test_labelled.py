"""Text with labels: all that a label marks is the value, in Chinese and in English."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, create_model

from tests.zhipu_emulator.test_extraction import WAYS


class Described(BaseModel):
    name: str = Field(description="姓名")
    company: str | None = Field(None, description="公司")


def wanted(**values: Any) -> BaseModel:
    """A model with a field for each value, and the object that has them."""
    kinds = {name: list[str] if isinstance(v, list) else type(v) for name, v in values.items()}
    fields: dict[str, Any] = {name: (kind, ...) for name, kind in kinds.items()}
    return create_model("Wanted", **fields)(**values)


REVIEW = "物流很快，包装完好"
CASES: list[tuple[str, BaseModel]] = [
    ("姓名：赵敏；公司：华为技术有限公司", wanted(姓名="赵敏", 公司="华为技术有限公司")),
    ("姓名：赵敏\n公司：华为技术有限公司。", wanted(姓名="赵敏", 公司="华为技术有限公司")),
    ("姓名：赵敏，公司：华为技术有限公司", Described(name="赵敏", company="华为技术有限公司")),
    ("主题：年度报告。", wanted(主题="年度报告")),
    ("请提取主题。主题：季度总结", wanted(主题="季度总结")),
    ("名称：纯棉T恤；价格：59元", wanted(名称="纯棉T恤", 价格=59)),
    (
        "姓名：王五；地址：北京市海淀区中关村大街1号",
        wanted(姓名="王五", 地址="北京市海淀区中关村大街1号"),
    ),
    (f"评分：5，评论：{REVIEW}。", wanted(评分=5, 评论=REVIEW)),
    (f"评论：{REVIEW}。\n评分：5", wanted(评分=5, 评论=REVIEW)),
    (
        "学历：硕士；技能：Python、Java、机器学习",
        wanted(学历="硕士", 技能=["Python", "Java", "机器学习"]),
    ),
    ("体温38度，症状：发烧、咳嗽、乏力", wanted(体温=38, 症状=["发烧", "咳嗽", "乏力"])),
    ("症状：发烧、咳嗽、乏力，体温38度", wanted(体温=38, 症状=["发烧", "咳嗽", "乏力"])),
    (
        "Rating: 5\nComment: Fast, and well packed.",
        wanted(rating=5, comment="Fast, and well packed"),
    ),
    ("Name: Ada Vik; Address: 12 Main Street", wanted(name="Ada Vik", address="12 Main Street")),
    (
        "Degree: MSc; skills: Python, Java, machine learning",
        wanted(degree="MSc", skills=["Python", "Java", "machine learning"]),
    ),
    ("Name: Ada Vik is at home. Address: Oslo", wanted(name="Ada Vik", address="Oslo")),
]


@pytest.mark.parametrize("way", WAYS, ids=["calls", "json-mode", "schema", "predict", "structured"])
@pytest.mark.parametrize(("text", "found"), CASES, ids=range(len(CASES)))
def test_a_label_marks_the_whole_value(server, way: Any, text: str, found: BaseModel) -> None:
    assert way(server, type(found), text) == found
