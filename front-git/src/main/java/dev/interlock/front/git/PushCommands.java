package dev.interlock.front.git;

import dev.interlock.action.PushedRef;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The part of a push before its pack (gitprotocol-pack(5), "Pushing data to a server").
 *
 * @param commands empty for a push that only asks whether it may
 * @param length the number of bytes; the pack comes after them
 */
record PushCommands(List<RefCommand> commands, Set<String> capabilities, long length) {

    static final String REPORT = "report-status";
    static final String SIDE_BAND = "side-band-64k";

    /** What the gateway passes on: it knows what these do. */
    static final Set<String> PASSED =
            Set.of(REPORT, SIDE_BAND, "atomic", "quiet", "delete-refs", "ofs-delta", "object-format=sha1");

    /** Each ref is one action, and all of them have to fit into one receipt. */
    static final int MAX_COMMANDS = 100;
    /** The most commands that are read, to name each in the answer. */
    private static final int MAX_READ = 2_000;

    private static final Set<String> LEFT_OUT = Set.of("agent=", "session-id=");

    PushCommands {
        commands = List.copyOf(commands);
        capabilities = Set.copyOf(capabilities);
    }

    /** Reads exactly one push, and no byte of the pack. Ask {@link #requireKnown} afterwards. */
    static PushCommands read(InputStream in) throws IOException {
        PacketReader packets = new PacketReader(in);
        try {
            List<RefCommand> commands = new ArrayList<>();
            Set<String> capabilities = new TreeSet<>();
            for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
                command(data.get().line(), commands, capabilities);
            }
            return new PushCommands(commands, capabilities, packets.position());
        } catch (EOFException e) {
            throw new UnreadablePushException(PushRefusals.NO_PACK);
        }
    }

    private static void command(String line, List<RefCommand> commands, Set<String> capabilities)
            throws UnreadablePushException {
        if (commands.isEmpty() && line.matches("shallow [0-9a-f]{40,64}")) {
            return; // what the client lacks; the server has all of it
        }
        int end = line.indexOf('\0');
        if ((end < 0) != !commands.isEmpty() || line.indexOf('\0', end + 1) > 0) {
            throw new UnreadablePushException(PushRefusals.LATE_CAPABILITIES);
        }
        if (end >= 0) {
            capabilities.addAll(List.of(line.substring(end + 1).strip().split(" +", -1)));
        }
        commands.add(RefCommand.parse(end < 0 ? line : line.substring(0, end)));
        if (commands.size() > MAX_READ) {
            throw tooMany(MAX_READ);
        }
    }

    private static UnreadablePushException tooMany(int most) {
        return new UnreadablePushException(PushRefusals.TOO_MANY_REFS, most);
    }

    void requireKnown() throws UnreadablePushException {
        if (commands.size() > MAX_COMMANDS) {
            throw tooMany(MAX_COMMANDS);
        }
        for (String word : capabilities) {
            requireKnown(word);
        }
        for (RefCommand command : commands) {
            command.requireKnown();
        }
        // A server could do two commands for one ref in any order.
        if (commands.stream().map(RefCommand::ref).distinct().count() < commands.size()) {
            throw new UnreadablePushException(PushRefusals.REF_TWICE);
        }
    }

    private static void requireKnown(String word) throws UnreadablePushException {
        if (word.startsWith("object-format=") && !PASSED.contains(word)) {
            throw new UnreadablePushException(PushRefusals.OBJECT_FORMAT);
        }
        if (word.equals("push-options")) {
            throw new UnreadablePushException(PushRefusals.PUSH_OPTIONS);
        }
        if (!PASSED.contains(word) && !word.isEmpty() && LEFT_OUT.stream().noneMatch(word::startsWith)) {
            throw new UnreadablePushException(PushRefusals.CAPABILITY);
        }
    }

    /** Returns whether a pack follows. A push that only deletes has none. */
    boolean bringsPack() {
        return commands.stream().anyMatch(command -> command.change() != PushedRef.Change.DELETE);
    }

    Set<String> passed() {
        Set<String> passed = new TreeSet<>(capabilities);
        passed.retainAll(PASSED);
        return passed;
    }

    byte[] bytes() {
        PacketWriter out = new PacketWriter();
        String words = " " + String.join(" ", passed()) + " agent=interlock";
        for (int i = 0; i < commands.size(); i++) {
            out.line(commands.get(i) + (i == 0 ? "\0" + words : ""));
        }
        return out.flush().bytes();
    }
}
