"""What lies in a layer is below ``/opt`` for the function that has it.

ministack unpacks layers into a folder of each function's own, since all of them share one file system. An environment variable that
names something below ``/opt`` is made to name it there.
"""

from ministack.core import lambda_runtime

# Where ministack's program for a Python function imports the handler.
_IMPORT = "        mod = importlib.import_module(module_name)\n"
_RENAME = """\
        for _name, _value in list(os.environ.items()):
            for _layer in filter(None, os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)):
                if _value.startswith("/opt/") and os.path.exists(_layer + _value[4:]):
                    os.environ[_name] = _layer + _value[4:]
"""


def install() -> None:
    """Change what ministack starts for a Python function. To be called before the server takes requests."""
    known = lambda_runtime._detect_runtime_binary

    def detect(runtime: str) -> tuple[str, str]:
        binary, script = known(runtime)
        if not runtime.startswith("python"):
            return binary, script
        if script.count(_IMPORT) != 1:
            raise RuntimeError("ministack's program for Python functions imports the handler elsewhere")
        return binary, script.replace(_IMPORT, _RENAME + _IMPORT)

    lambda_runtime._detect_runtime_binary = detect
