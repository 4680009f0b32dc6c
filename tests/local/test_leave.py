"""Every process ends in order and with its exit code."""

import subprocess
import sys


def _run(code: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - our own


def test_leaving_stops_what_it_is_given_flushes_and_keeps_the_code() -> None:
    ended = _run(
        "from orderwright.runtime.leave import leave\n"
        "print('said before', end='')\n"
        "leave(7, lambda: print('; stopped', end=''), lambda: 1 / 0, lambda: print('; stopped too', end=''))"
    )

    assert ended.returncode == 7
    assert ended.stdout == "said before; stopped; stopped too"
    assert "while leaving: ZeroDivisionError" in ended.stderr


def test_leaving_does_not_wait_for_threads_or_exit_handlers() -> None:
    ended = _run(
        "import atexit, threading, time\n"
        "from orderwright.runtime.leave import leave\n"
        "atexit.register(print, 'handler')\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "leave(0)"
    )

    assert (ended.returncode, ended.stdout) == (0, "")


def test_the_command_line_keeps_its_exit_codes() -> None:
    cli = (
        "import sys; sys.argv = ['orderwright', *sys.argv[1:]]; from orderwright.cli.main import main; main()"
    )
    command = [sys.executable, "-c", cli]

    helped = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)  # noqa: S603
    refused = subprocess.run([*command, "nonsense"], capture_output=True, text=True, check=False)  # noqa: S603

    assert helped.returncode == 0
    assert "doctor" in helped.stdout
    assert refused.returncode == 2
