"""The one error that the emulated services answer with."""


class ServiceError(Exception):
    """A refusal in the words and with the code of the real service.

    Args:
        code: The error code that boto3 shows, such as ``ValidationException``.
        message: The sentence of the service.
        status: The HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
