package dev.interlock.front.git;

import dev.interlock.catalog.PushedRef;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The part of a push before its pack (gitprotocol-pack(5), "Pushing data to a server").
 *
 * @param commands what to do with which ref; empty for a push that only asks whether it may
 * @param capabilities the agreed ways of talking, as far as they are passed on
 * @param options options for the server's hooks
 * @param length the number of bytes; the pack comes after them
 */
record PushCommands(List<RefCommand> commands, Set<String> capabilities, List<String> options, long length) {

    static final String REPORT = "report-status";
    static final String SIDE_BAND = "side-band-64k";
    private static final String OPTIONS = "push-options";

    /** What the gateway passes on: it knows what these do. */
    static final Set<String> PASSED =
            Set.of(REPORT, SIDE_BAND, OPTIONS, "atomic", "quiet", "delete-refs", "ofs-delta", "object-format=sha1");

    /** Each ref is one action, and all of them have to fit into one receipt. */
    static final int MAX_COMMANDS = 100;

    private static final int MAX_OPTIONS = 20;
    private static final int MAX_OPTION = 1_000;

    PushCommands {
        commands = List.copyOf(commands);
        capabilities = Set.copyOf(capabilities);
        options = List.copyOf(options);
    }

    /**
     * Reads them, and no byte of the pack.
     *
     * @throws UnreadablePushException if they are not exactly one push that the gateway knows
     */
    static PushCommands read(InputStream in) throws IOException {
        PacketReader packets = new PacketReader(in);
        try {
            List<RefCommand> commands = new ArrayList<>();
            Set<String> capabilities = new TreeSet<>();
            for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
                command(data.get().line(), commands, capabilities);
            }
            requireDistinct(commands);
            List<String> options = capabilities.contains(OPTIONS) ? options(packets) : List.of();
            return new PushCommands(commands, capabilities, options, packets.position());
        } catch (EOFException e) {
            throw UnreadablePushException.malformed("The push ends before its pack.");
        }
    }

    private static void command(String line, List<RefCommand> commands, Set<String> capabilities)
            throws UnreadablePushException {
        if (commands.isEmpty() && line.matches("shallow [0-9a-f]{40}")) {
            return; // what the client lacks; the server has all of it
        }
        int end = line.indexOf('\0');
        if ((end < 0) != !commands.isEmpty() || line.indexOf('\0', end + 1) > 0) {
            throw UnreadablePushException.malformed("The capabilities of the push are not in its first command.");
        }
        if (end >= 0) {
            for (String word : line.substring(end + 1).strip().split(" +", -1)) {
                capability(word, capabilities);
            }
        }
        commands.add(RefCommand.parse(end < 0 ? line : line.substring(0, end)));
        if (commands.size() > MAX_COMMANDS) {
            throw new UnreadablePushException(
                    "The push changes more than " + MAX_COMMANDS + " refs.", "Push fewer refs at a time.");
        }
    }

    private static void capability(String word, Set<String> capabilities) throws UnreadablePushException {
        if (PASSED.contains(word)) {
            capabilities.add(word);
        } else if (word.startsWith("object-format=")) {
            throw new UnreadablePushException(
                    "The repository has another object format than SHA-1, which is not supported.",
                    "Ask a person to push.");
        } else if (!word.isEmpty() && !word.startsWith("agent=") && !word.startsWith("session-id=")) {
            throw UnreadablePushException.malformed("The push has a capability that Interlock does not know.");
        }
    }

    /** A server could do two commands for one ref in any order. */
    private static void requireDistinct(List<RefCommand> commands) throws UnreadablePushException {
        Set<String> refs = new HashSet<>();
        for (RefCommand command : commands) {
            if (!refs.add(command.ref())) {
                throw UnreadablePushException.malformed("The push changes one ref twice.");
            }
        }
    }

    private static List<String> options(PacketReader packets) throws IOException {
        List<String> options = new ArrayList<>();
        for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
            options.add(data.get().line());
        }
        if (options.size() > MAX_OPTIONS || options.stream().anyMatch(option -> option.length() > MAX_OPTION)) {
            throw new UnreadablePushException(
                    "The push has more than " + MAX_OPTIONS + " options, or one of more than " + MAX_OPTION
                            + " characters.",
                    "Push without them.");
        }
        return options;
    }

    /** Returns whether a pack follows. A push that only deletes has none. */
    boolean bringsPack() {
        return commands.stream().anyMatch(command -> command.change() != PushedRef.Change.DELETE);
    }

    /** Writes them anew. */
    byte[] bytes() {
        PacketWriter out = new PacketWriter();
        String words = " " + String.join(" ", new TreeSet<>(capabilities)) + " agent=interlock";
        for (int i = 0; i < commands.size(); i++) {
            out.line(commands.get(i) + (i == 0 ? "\0" + words : ""));
        }
        out.flush();
        if (capabilities.contains(OPTIONS)) {
            options.forEach(out::line);
            out.flush();
        }
        return out.bytes();
    }
}
