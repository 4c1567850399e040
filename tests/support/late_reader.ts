/**
 * A reader who comes late to a pipe that does not block, as behind Python's asyncio or Bun.
 *
 * @module
 */

const SCRIPT = `
import array, fcntl, os, subprocess, sys, termios, time
source, sink = os.pipe()
os.set_blocking(sink, False)
child = subprocess.Popen(sys.argv[1:], stdout=sink)
os.close(sink)

def waiting():
    count = array.array("i", [0])
    fcntl.ioctl(source, termios.FIONREAD, count)
    return count[0]

full = 0  # for so many times: it has to be found full by the one who writes
while full < 20 and child.poll() is None:
    time.sleep(0.01)
    full = full + 1 if waiting() > 40_000 else 0
while chunk := os.read(source, 65536):
    os.write(1, chunk)
sys.exit(child.wait())
`;

/** Runs `command`, whose stdout is such a pipe, and prints what came once the pipe has been full. Takes Python. */
export function readLate(command: readonly string[]): string[] {
  return ["python3", "-c", SCRIPT, ...command];
}
