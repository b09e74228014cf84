# Runs a command at a terminal of 31 lines and 97 columns, does what the steps say, and prints as one canonical JSON
# object what was drawn there, how the command ended, and whether it left the terminal as it was. It types as a person
# does, once the screen is still, and answers the question which terminal this is as terminals do: programs wait for it.
#
#   terminal.py '[["wait for this", "type", "text"], ["then for this", "size", 40, 120]]' COMMAND...
import fcntl, json, os, pty, select, struct, sys, termios, time

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
outer, inner = pty.openpty()


def size(lines, columns):
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


size(31, 97)
before = termios.tcgetattr(inner)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(inner, descriptor)
    os.execvp(command[0], command)

drawn, seen, raw, status = b"", 0, False, None
deadline, still = time.monotonic() + 100, 0
while status is None and time.monotonic() < deadline:
    if select.select([outer], [], [], 0.05)[0]:
        new, still = os.read(outer, 65536), time.monotonic() + 1
        drawn += new
        if b"\x1b[c" in new:
            os.write(outer, b"\x1b[?62;22c")
    if steps and steps[0][0].encode() in drawn[seen:] and time.monotonic() > still:
        seen = drawn.index(steps[0][0].encode(), seen) + len(steps[0][0].encode())
        _, what, *how = steps.pop(0)
        raw = raw or termios.tcgetattr(inner) != before
        if what == "size":
            size(*how)
        else:
            os.write(outer, how[0].encode())
    ended, how = os.waitpid(child, os.WNOHANG)
    if ended:
        status = os.waitstatus_to_exitcode(how)
while select.select([outer], [], [], 0.1)[0]:
    drawn += os.read(outer, 65536)
if status is None:
    os.kill(child, 9)
print(json.dumps(
    {
        "drawn": drawn.decode("utf-8", "replace"),
        "exit": -1000 if status is None else status,
        "raw": raw,
        "restored": termios.tcgetattr(inner) == before,
        "undone": len(steps),
    },
    sort_keys=True, separators=(",", ":"), ensure_ascii=False))
