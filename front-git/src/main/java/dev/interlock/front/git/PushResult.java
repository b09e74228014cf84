package dev.interlock.front.git;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * The number of refs that a server changed or refused to change by a push (gitprotocol-pack(5), {@code report-status}).
 */
public record PushResult(int done, int refused) {

    private static final int REPORTED = 1;
    private static final int LAST_BAND = 3;

    /** Reads the answer to a push; empty if it has no report. */
    public static Optional<PushResult> read(byte[] answer) {
        try {
            PacketReader packets = new PacketReader(new ByteArrayInputStream(answer));
            ByteArrayOutputStream report = new ByteArrayOutputStream();
            boolean isBanded = false;
            for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
                byte[] bytes = data.get().bytes();
                isBanded |= bytes.length > 0 && bytes[0] >= REPORTED && bytes[0] <= LAST_BAND;
                if (isBanded && bytes.length > 0 && bytes[0] == REPORTED) {
                    report.write(bytes, 1, bytes.length - 1);
                }
            }
            return counted(isBanded ? report.toByteArray() : answer);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<PushResult> counted(byte[] report) throws IOException {
        PacketReader packets = new PacketReader(new ByteArrayInputStream(report));
        int done = 0;
        int refused = 0;
        boolean isReport = false;
        for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
            String line = data.get().line();
            isReport |= line.startsWith("unpack ");
            done += line.startsWith("ok ") ? 1 : 0;
            refused += line.startsWith("ng ") ? 1 : 0;
        }
        return isReport ? Optional.of(new PushResult(done, refused)) : Optional.empty();
    }
}
