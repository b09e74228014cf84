package dev.interlock.confine;

import dev.interlock.linux.MountTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The point where the first program inside waits. Nothing of the agent's runs before the mounts were checked from
 * outside. The program is {@code start.sh}; it asks at this socket, and goes on when it is answered.
 */
final class StartBarrier implements AutoCloseable {

    static final String HERE = "/run/interlock/threshold";
    private static final byte[] OPEN = "open\n".getBytes(StandardCharsets.US_ASCII);

    private final SandboxSocket door;

    private StartBarrier(SandboxSocket door) {
        this.door = door;
    }

    static StartBarrier create(Path scratch, int uid) throws IOException, SandboxException {
        return new StartBarrier(SandboxSocket.create(scratch, uid));
    }

    Path socket() {
        return door.path();
    }

    /**
     * Returns as well if the sandbox ended before, for reasons of its own.
     *
     * @throws SandboxException if the mounts differ from those that {@code walls} ask for; everything was ended then
     */
    void letAgentStart(RunningSandbox confined, List<BubblewrapArgs.SandboxWall> walls)
            throws IOException, SandboxException {
        // Not by onExit(): that waits for its turn in a pool that everybody shares.
        Thread.ofVirtual().name("await-sandbox").start(() -> shutAfter(confined.process()));
        boolean passed = false;
        try (SocketChannel waiting = door.listener().accept()) {
            requireAsAsked(confined, walls);
            confined.findFirst();
            waiting.write(ByteBuffer.wrap(OPEN));
            passed = true;
        } catch (ClosedChannelException e) {
            passed = true; // it ended before, and reports the reason itself
        } finally {
            if (!passed) {
                confined.kill();
            }
        }
    }

    private static void requireAsAsked(RunningSandbox confined, List<BubblewrapArgs.SandboxWall> walls)
            throws IOException, SandboxException {
        MountTable inside = confined.process()
                .descendants()
                .flatMap(process -> mounts(process).stream())
                .filter(mounts -> !mounts.at(HERE).isEmpty())
                .findFirst()
                .orElseThrow(() -> new SandboxException(
                        "The mounts of the sandbox cannot be checked, so no agent was started in it.",
                        "Start `run` where /proc shows the processes of the agent's user."));
        Optional<String> fault = MountCheck.by(walls).firstDifference(inside, MountTable.of("self"));
        if (fault.isPresent()) {
            throw new SandboxException(
                    "The mount at `" + fault.get()
                            + "` differs from the checked one: it was replaced while the sandbox was set up, so no agent was started.",
                    "Stop the program that changes the workspace, such as another agent of the same user, and try again.");
        }
    }

    private static Optional<MountTable> mounts(ProcessHandle process) {
        try {
            return Optional.of(MountTable.of(Long.toString(process.pid())));
        } catch (IOException e) {
            return Optional.empty(); // it ended meanwhile
        }
    }

    private void shutAfter(Process process) {
        try {
            process.waitFor();
            door.listener().close();
        } catch (IOException | InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody waits for it any more
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
    }
}
