"""What is wrong in the official SDKs' own examples and tests, with the reason."""

from __future__ import annotations

import re

# Errors of a call that the SDK itself does not know, or of what it has read already.
OF_THE_SDK = re.compile(
    r"unexpected keyword argument|missing \d+ required keyword-only argument"
    r"|'(ZaiClient|ZhipuAiClient|ZhipuAI|StreamResponse)' object has no attribute"
    r"|Expected entry at `file` to be bytes"
)

_AUTHOR = "asks for something in its author's account: the service, too, says that it is not there"
_FORMER = "asks a path or for a kind that the service's schema has no more"
_TESTS = "tests/integration_tests/test_"
_BOTH = {
    _TESTS + "assistant.py::test_translate_api": "its assistant is none of the schema's twelve",
    **{
        _TESTS + one: _AUTHOR
        for one in (
            "batches.py::test_batch_create",
            "batches.py::test_batch_retrieve",
            "batches.py::test_batch_cancel",
            "batches.py::test_batch_result",
            "chat.py::test_retrieve_completion_result",
            "code_geex.py::test_geex_result",
            "file_parser.py::test_file_parser_content",
            "finetuning.py::test_model_check",
            "videos.py::test_retrieve_videos_result",
            "voice_clone.py::test_voice_delete",
        )
    },
    _TESTS + "file.py::test_files_list": "gives no purpose, which is required",
}
# package -> file::function -> reason; the answer to each is a refusal. All the rest must pass.
WRONG = {
    "zai": {**_BOTH, "examples/voice_clone.py::voice_delete": _AUTHOR},
    "zhipuai": {
        **_BOTH,
        _TESTS + "audio.py::test_audio_speech_streaming": "wants MP3, which a stream cannot be",
        **{
            _TESTS + one: _FORMER
            for one in (
                "file_parser.py::test_file_parser_create",
                "finetuning.py::test_finetuning_create",
                "finetuning.py::test_finetuning_retrieve",
                "finetuning.py::test_finetuning_job_list",
                "finetuning.py::test_finetuning_job_cancel",
                "finetuning.py::test_finetuning_job_delete",
                "knowledge.py::test_knowledge_create",
                "knowledge.py::test_knowledge_document_create",
                "knowledge.py::test_knowledge_modify",
                "knowledge.py::test_knowledge_query",
                "knowledge.py::test_knowledge_used",
                "knowledge.py::test_knowledge_document_retrieve",
                "knowledge.py::test_knowledge_document_edit",
                "knowledge.py::test_knowledge_document_delete",
                "knowledge.py::test_knowledge_delete",
            )
        },
    },
}
