"""The words in which vendors, gateways and servers refuse or fail, and what each of them means."""

from __future__ import annotations

from typing import Any

import pytest

from tests.providers.asking import fault
from tests.providers.fault_server import FaultServer, page, says


def told(message: str, code: Any = None, **more: Any) -> dict[str, Any]:
    """Return an error in the usual envelope."""
    return {"error": {"message": message, "type": "x", "code": code, **more}}


def coded(number: int, message: str) -> dict[str, Any]:
    """Return an error that comes with status 200, and has no field of that name."""
    return {"base_resp": {"status_code": number, "status_msg": message}}


def wrapped(number: int, message: str) -> dict[str, Any]:
    """Return an error in a list beside an empty result."""
    return {"errors": [{"message": message, "code": number}], "success": False, "result": {}, "messages": []}


MEANT: dict[str, list[tuple[int, Any]]] = {
    "auth": [
        (200, coded(1004, "login fail: Please carry the API secret key in the 'Authorization' field")),
        (401, {"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}}),
        (401, {"statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, or has expired."}),
        (401, wrapped(10000, "Authentication error")),
        (403, {"message": "The security token included in the request is invalid."}),
        (
            400,
            {
                "__type": "x#ExpiredTokenException",
                "message": "The security token included in the request is expired",
            },
        ),
    ],
    "quota": [
        (200, coded(1008, "insufficient balance")),
        (400, told("You have reached your specified API usage limits. You will regain access on 2027-12-01.")),
        (400, told("Budget has been exceeded! Current cost: 0.1, Max budget: 0.05", "400")),
        (401, {"message": "Inactive subscription or usage limit reached"}),
        (402, {"title": "Payment Required", "detail": "Account 'x': Cloud credits expired"}),
        (403, told("The free tier of the model is used up. To continue access on a paid basis, disable …")),
        (403, told("The request failed because your account has an overdue balance.", "AccountOverdueError")),
        (403, {"message": "Out of call volume quota. Quota will be replenished in 01:20:30."}),
        (429, told("ExceededBudget: Crossed spend. Current spend: 1, max budget: 0.5", "429")),
        (429, told("Your account is suspended", "exceeded_current_quota_error")),
        (429, wrapped(4006, "you have used up your daily free allocation of 10,000 neurons")),
        (429, {"message": "You are using a Trial key, which is limited to 1000 API calls / month."}),
    ],
    "rate_limit": [
        (200, coded(1002, "rate limit exceeded")),
        (200, {"error_code": 18, "error_msg": "Open api qps request limit reached"}),
        (500, {"detail": "An error occurred (ThrottlingException) when calling the ConverseStream operation"}),
        (503, told("Too many requests, please wait before trying again.")),
        (500, told("Too many tokens, please wait before trying again.")),
    ],
    "model": [
        (400, told("Model Not Exist", "invalid_request_error")),
        (400, {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None}),
        (400, wrapped(5007, "AiError: No such model x or task")),
        (400, told("The requested model 'x' is not supported by any provider", "model_not_supported")),
        (401, told("team not allowed to access model. This team can only access models=['a']", "401")),
        (403, told("key not allowed to access model. Tried to access x", "401")),
        (403, {"message": "You don't have access to the model with the specified model ID."}),
        (403, told("The model `x` is blocked at the organization level.", "model_permission_blocked_org")),
        (404, told("The API deployment for this resource does not exist.", "DeploymentNotFound")),
        (404, {"status": 404, "title": "Not Found", "detail": "Function 'x': Not found for account 'y'"}),
        (404, told("Unable to access it. See the list of supported ones.", "model_not_available")),
    ],
    "model_gone": [(404, {"message": "model 'x' was removed on September 15, 2025."})],
    "context_length": [
        (400, {"message": "Input is too long for requested model."}),
        (400, told("The decoder prompt (length 9000) is longer than the maximum model length of 8192.", 400)),
        (400, told("Range of input length should be [1, 30720]", "invalid_parameter_error")),
        (400, told("Invalid request: Your request exceeded model token limit: 8192")),
        (400, {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081"}),
        (400, {"detail": "Prompt length 9000 is greater than max_seq_len 8192"}),
        (422, {"error": "Input validation error: `inputs` must have less than 1024 tokens. Given: 5000"}),
    ],
    "moderation": [
        (400, told("Content Exists Risk", "invalid_request_error")),
        (400, told("Input data may contain inappropriate content.", "data_inspection_failed")),
        (400, told("系统检测到输入或生成内容可能包含不安全或敏感内容", "1301")),
        (400, told("Output blocked by content filtering policy")),
        (400, told("Violated guardrail policy", "400")),
        (446, told("The guardrail checks defined in the config failed.", type="hooks_failed")),
    ],
    "permission": [
        (400, told("This organization has been disabled.")),
        (400, told("Organization has been restricted. Please reach out to support.", "organization_restricted")),
        (403, {"Message": "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel"}),
    ],
    "overloaded": [
        (424, {"message": "The model returned the following errors: Read timed out"}),
        (498, told("Flex tier capacity exceeded", "capacity_exceeded")),
        (503, {"error": "Model x is currently loading", "estimated_time": 20.0}),
    ],
    "out_of_memory": [(424, {"error": "Request failed during generation: CUDA out of memory", "error_type": "x"})],
    "address": [(200, {"error": "Unexpected endpoint or method. (POST /chat/completions). Returning 200 anyway"})],
    "bad_request": [  # words that only sound like another cause
        (400, told("Streaming has been disabled for this model")),
        (400, told("The guardrail identifier in the request does not exist")),
        (400, told("There were too many requests for tools in the dialogue")),
    ],
}
"""By the kind of error, what is sent with which status."""
RETRIED = {"rate_limit", "overloaded", "out_of_memory"}


@pytest.mark.parametrize(
    ("kind", "status", "body"), [(kind, *row) for kind, rows in MEANT.items() for row in rows], ids=str
)
def test_each_vendors_words_are_understood(faulty: FaultServer, kind: str, status: int, body: Any) -> None:
    error = fault(faulty, says(body, status), of="compatible")
    assert (error.kind, error.retryable) == (kind, kind in RETRIED), str(error)


def test_a_model_that_is_being_loaded_is_waited_for_as_long_as_its_server_says(faulty: FaultServer) -> None:
    [*_, (status, body)] = MEANT["overloaded"]
    assert fault(faulty, says(body, status), of="compatible").retry_after_s == 20.0


def test_a_page_that_asks_for_a_sign_in_is_about_the_key(faulty: FaultServer) -> None:
    assert fault(faulty, page(401), of="compatible").kind == "auth"


def test_a_page_of_a_network_that_asks_for_a_login_says_so(faulty: FaultServer) -> None:
    error = fault(faulty, page(511), of="compatible")
    assert (error.kind, error.retryable) == ("page", False)


@pytest.mark.parametrize(
    ("told_s", "wait_s"),
    [("30 seconds", 30.0), ("2 sec", 2.0), ("99999999999999", None), ("1e300", None), ("in a while", None)],
)
def test_a_wait_is_read_in_words_and_a_senseless_one_is_passed_over(
    faulty: FaultServer, told_s: str, wait_s: float | None
) -> None:
    refused = says(told("Slow down"), 429, retry_after=told_s)
    assert fault(faulty, refused, of="compatible").retry_after_s == wait_s
