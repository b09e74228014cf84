package dev.interlock.front.postgres;

import dev.interlock.action.Secret;
import dev.interlock.gate.ProbeMarks;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;

/** Greets a listener as any client does, with a probe's mark and without a valid lease. */
final class ProbeClient {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int MAX_ANSWER = 1 << 16;

    private ProbeClient() {}

    /** Throws if no answer comes in time. */
    static PostgresFront.ProbeAnswer ask(Socket socket, String database, Secret mark, String password)
            throws IOException {
        Thread deadline = Thread.ofVirtual().name("postgres-probe").start(() -> closeLate(socket));
        try (socket) {
            Wire wire = new Wire(socket);
            Message.Builder greeting = Message.of('\0').int32(3 << 16);
            greeting.text("user").text("probe").text("database").text(database);
            mark.use(text -> greeting.text(ProbeMarks.NAME).text(text));
            byte[] written = greeting.int8(0).build().written();
            wire.write(java.util.Arrays.copyOfRange(written, 1, written.length), written.length - 1);
            wire.flush();
            Message asked = wire.read(MAX_ANSWER);
            if (asked.type() == 'R') {
                wire.send(Message.of('p').text(password).build());
                asked = wire.read(MAX_ANSWER);
            }
            return asked.type() == 'E' ? refused(asked) : PostgresFront.ProbeAnswer.NOT_REFUSED;
        } finally {
            deadline.interrupt();
        }
    }

    private static PostgresFront.ProbeAnswer refused(Message error) throws ProtocolException {
        String kind = "";
        String reason = "";
        String receipt = "";
        PayloadReader reader = error.reader();
        for (int field = reader.int8(); field != 0; field = reader.int8()) {
            String text = reader.text();
            switch (field) {
                case 'M' -> kind = text;
                case 'D' -> reason = text;
                case 'W' -> receipt = text;
                default -> {}
            }
        }
        if (reason.isEmpty()) {
            throw new ProtocolException("the listener did not take the greeting");
        }
        return new PostgresFront.ProbeAnswer(true, kind, reason, receipt);
    }

    private static void closeLate(Socket socket) {
        try {
            Thread.sleep(PATIENCE);
            socket.close();
        } catch (InterruptedException | IOException _) {
            // it has answered, or is gone
        }
    }
}
