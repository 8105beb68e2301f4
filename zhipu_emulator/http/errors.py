"""Business errors of the service: codes, HTTP statuses, texts in both languages, envelopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Code:
    """One business code: the HTTP status it travels with and its text on the two sites."""

    status: int
    zh: str
    en: str


# Statuses: the newest error page; texts as the gateway words them where that is known.
CODES: Mapping[str, Code] = {
    "401": Code(401, "令牌已过期或验证不正确", "token expired or incorrect"),
    "500": Code(500, "服务器内部错误", "Internal server error"),
    "1000": Code(401, "身份验证失败。", "Authentication Failed"),
    "1001": Code(
        401, "Header中未收到Authorization参数，无法进行身份验证。", "Authorization Token Missing"
    ),
    "1003": Code(
        401, "Authentication Token已过期，请重新生成/获取。", "Authentication Token expired"
    ),
    "1113": Code(
        429,
        "余额不足或无可用资源包,请充值。",
        "Insufficient balance or no resource package. Please recharge.",
    ),
    "1200": Code(500, "API调用失败。", "API call failed"),
    "1210": Code(
        400,
        "API 调用参数有误，请检查文档。",
        "Invalid API parameter, please check the documentation.",
    ),
    "1211": Code(
        400, "模型不存在，请检查模型代码。", "Unknown Model, please check the model code."
    ),
    "1212": Code(
        400, "当前模型不支持该调用方式。", "Current model does not support this call method"
    ),
    "1213": Code(400, "未正常接收到参数。", "The parameter was not received properly"),
    "1214": Code(
        400,
        "messages 参数非法。请检查文档。",
        "The messages parameter is illegal. Please check the documentation.",
    ),
    "1215": Code(400, "参数不能同时设置，请检查文档。", "The parameters cannot be set together"),
    "1220": Code(403, "您无权访问该API。", "You do not have permission to access this API"),
    "1221": Code(400, "API 已下线。", "The API has been taken offline"),
    "1222": Code(400, "API 不存在。", "The API does not exist"),
    "1230": Code(500, "API调用流程出错。", "API call process error"),
    "1231": Code(400, "您已有请求存在。", "A request with this request_id already exists"),
    "1233": Code(400, "任务不存在。", "The task does not exist"),
    "1234": Code(
        500, "网络错误，请联系客服。", "Internal network failure, please try again later."
    ),
    "1261": Code(400, "Prompt 超长", "Prompt exceeds max length"),
    "1301": Code(
        400,
        "系统检测到输入或生成内容可能包含不安全或敏感内容，"
        "请您避免输入易产生敏感内容的提示语，感谢您的配合。",
        "System detected potentially unsafe or sensitive content in input or generation. "
        "Please avoid using prompts that may generate sensitive content.",
    ),
    "1302": Code(
        429, "您的账户已达到速率限制，请您控制请求频率", "Rate limit reached for requests"
    ),
    "1303": Code(
        429, "您当前使用该API的频率过高，请降低频率。", "High frequency usage of this API"
    ),
    "1304": Code(429, "该API已达今日调用次数限额。", "Daily call limit for this API reached"),
    "1305": Code(
        429,
        "该模型当前访问量过大，请您稍后再试",
        "The service may be temporarily overloaded, please try again later",
    ),
    "1308": Code(
        429,
        "已达到 5 小时的使用上限。您的限额将在 {reset} 重置。",
        "Usage limit reached for 5 hour. Your limit will reset at {reset}",
    ),
    "1309": Code(429, "您的套餐已到期。", "Your GLM Coding Plan package has expired"),
    "1310": Code(
        429,
        "已达到每周/每月使用上限。您的限额将在 {reset} 重置。",
        "Weekly/Monthly Limit Exhausted. Your limit will reset at {reset}",
    ),
    "1311": Code(429, "当前套餐不包含该模型。", "Your plan does not include this model"),
    "1312": Code(429, "该模型当前访问量过大，请改用其他模型", "The model is busy, try another one"),
    "1313": Code(429, "您的账户受公平使用策略限制。", "Your account is limited by fair use policy"),
    "1314": Code(429, "企业套餐已失效。", "The enterprise plan is invalid"),
    "1315": Code(429, "该密钥仅可用于企业版编码端点。", "This key is only for the enterprise plan"),
    "1701": Code(429, "联网搜索并发数过高。", "Web search concurrency reached"),
    "1702": Code(500, "系统未找到可用的搜索引擎。", "No search engine available"),
    "1703": Code(500, "搜索引擎未返回有效数据。", "The search engine returned no valid data"),
}


_RESET = "2099-01-01 00:00:00"  # Beijing time; the fault's ``message`` says another


class ServiceError(Exception):
    """A refusal in the service's own words.

    Args:
        code: Business code, a string; its status and texts come from ``CODES``.
        zh: Chinese text, when the one of the table does not fit.
        en: English text; with ``zh`` alone the same text serves both languages.
        status: HTTP status, when it differs from the table's.
        extra: Top-level siblings of ``error``, such as ``contentFilter``.
        headers: Headers of the answer, such as ``Retry-After``.
    """

    def __init__(
        self,
        code: str,
        zh: str | None = None,
        en: str | None = None,
        *,
        status: int | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        known = CODES.get(code, Code(400, "未知错误", "Unknown error"))
        if "{reset}" in known.en:
            known = replace(
                known, zh=known.zh.format(reset=_RESET), en=known.en.format(reset=_RESET)
            )
        self.code = code
        self.status = known.status if status is None else status
        self.zh = known.zh if zh is None else zh
        self.en = (known.en if zh is None else zh) if en is None else en
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        # All that the constructor needs, or it cannot be unpickled; the rest is in attributes.
        super().__init__(code, zh, en)

    def __str__(self) -> str:
        return f"{self.status}/{self.code}: {self.en}"

    def message(self, language: str) -> str:
        """The text in ``language``, ``"zh"`` or ``"en"``."""
        return self.en if language == "en" else self.zh

    def body(self, language: str = "zh") -> dict[str, Any]:
        """The JSON body; the extra keys around ``error`` come in alphabetical order."""
        body = {"error": {"code": self.code, "message": self.message(language)}, **self.extra}
        return dict(sorted(body.items()))


def content_filter(role: str, level: int = 1) -> ServiceError:
    """1301 as it looks on the wire: camelCase, beside ``error``."""
    return ServiceError("1301", extra={"contentFilter": [{"level": level, "role": role}]})


def unparsable() -> ServiceError:
    """1210: the file cannot be fetched or read."""
    return ServiceError(
        "1210",
        "文件解析失败，请检查文件可访问性和格式",
        "Failed to parse the file, please check its accessibility and format",
    )


def flat(code: int, message: str) -> dict[str, Any]:
    """What console-style routes answer, with HTTP 200."""
    return {"code": code, "msg": message, "success": False}


def unrouted(status: int, reason: str, path: str, timestamp: str) -> dict[str, Any]:
    """The 404 of an unknown path below /api/paas: ``error`` is a string, the path is shortened."""
    shown = path.removeprefix("/api/coding/paas").removeprefix("/api/paas")
    return {"timestamp": timestamp, "status": status, "error": reason, "path": shown}
