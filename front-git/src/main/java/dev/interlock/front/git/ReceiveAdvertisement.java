package dev.interlock.front.git;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A server's list of refs before a push, as the client gets it. It offers only what the gateway reads, and it asks for
 * packs without deltas against objects that only the server has.
 */
public final class ReceiveAdvertisement {

    private ReceiveAdvertisement() {}

    /** Returns {@code answer} with other capabilities; empty if it is no such list. */
    public static Optional<byte[]> rewritten(byte[] answer) {
        try {
            PacketReader packets = new PacketReader(new ByteArrayInputStream(answer));
            PacketWriter head = new PacketWriter();
            if (!(packets.next() instanceof PacketReader.Data service)
                    || !service.line().equals("# service=git-receive-pack")
                    || !(packets.next() instanceof PacketReader.Flush)
                    || !(packets.next() instanceof PacketReader.Data first)) {
                return Optional.empty();
            }
            String line = first.line();
            int end = line.indexOf('\0');
            if (end < 0) {
                return Optional.empty();
            }
            head.line("# service=git-receive-pack\n").flush();
            head.line(line.substring(0, end) + "\0" + capabilities(line.substring(end + 1)) + "\n");
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(head.bytes());
            all.write(answer, (int) packets.position(), answer.length - (int) packets.position());
            return Optional.of(all.toByteArray());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String capabilities(String offered) {
        return Stream.concat(
                        Stream.of(offered.strip().split(" +", -1))
                                .filter(word ->
                                        PushCommands.PASSED.contains(word) || word.startsWith("object-format=")),
                        Stream.of("ofs-delta", "no-thin", "agent=interlock"))
                .distinct()
                .collect(Collectors.joining(" "));
    }

    /** Returns a text that Git prints if it gets it in place of a list. */
    public static byte[] text(List<String> sentences) {
        return ("interlock: " + String.join("\n", sentences) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Returns a list of refs of {@code service} that is nothing but the server's error. JGit prints no other text. */
    public static byte[] error(String service, List<String> sentences) {
        return new PacketWriter()
                .line("# service=" + service + "\n")
                .flush()
                .line("ERR interlock: " + String.join("\n", sentences) + "\n")
                .bytes();
    }
}
