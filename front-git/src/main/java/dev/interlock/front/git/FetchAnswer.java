package dev.interlock.front.git;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Reads the answer to a fetch (gitprotocol-v2(5)). */
final class FetchAnswer {

    private static final int PACK = 1;
    private static final int ERROR = 3;

    private FetchAnswer() {}

    /**
     * Writes the pack in {@code in} to {@code out}.
     *
     * @param isFiltered whether the server was asked to leave something out
     * @throws FilterRefusedException if it was, and says that it does not know how
     */
    static void writePack(InputStream in, OutputStream out, boolean isFiltered) throws IOException {
        PacketReader packets = new PacketReader(in);
        while (true) {
            PacketReader.Packet packet = packets.next();
            if (packet instanceof PacketReader.Flush) {
                throw new IOException("the upstream sent no pack");
            }
            if (packet instanceof PacketReader.Data data) {
                String line = new String(data.bytes(), StandardCharsets.UTF_8).strip();
                if (line.equals("packfile")) {
                    break;
                }
                if (line.startsWith("ERR ")) {
                    throw isFiltered && line.contains("filter")
                            ? new FilterRefusedException()
                            : new IOException("the upstream refused to send commits");
                }
            }
        }
        for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
            byte[] bytes = data.get().bytes();
            int band = bytes.length == 0 ? ERROR : bytes[0];
            if (band == ERROR) {
                throw new IOException("the upstream broke off while it sent commits");
            }
            if (band == PACK) {
                out.write(bytes, 1, bytes.length - 1);
            }
        }
    }
}
