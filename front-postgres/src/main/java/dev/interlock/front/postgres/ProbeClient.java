package dev.interlock.front.postgres;

import dev.interlock.action.Secret;
import dev.interlock.gate.ProbeMarks;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;

/** Greets a listener as any client does, with a probe's mark and without a valid lease. */
final class ProbeClient {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int MAX_ANSWER = 1 << 16;

    private ProbeClient() {}

    /** Throws if no answer comes in time. */
    static PostgresFront.ProbeAnswer ask(Socket socket, String database, Secret mark, String password)
            throws IOException {
        Thread deadline = Wire.closeAfter(PATIENCE, socket);
        try (socket) {
            Wire wire = new Wire(socket);
            Message.Builder greeting = Message.of('\0').int32(StartupPacket.PROTOCOL);
            greeting.text("user").text("probe").text("database").text(database);
            mark.use(text -> greeting.text(ProbeMarks.NAME).text(text));
            wire.send(greeting.int8(0).build().untyped());
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
        Map<Character, String> fields = Answers.fields(error);
        String reason = fields.getOrDefault('D', "");
        if (reason.isEmpty()) {
            throw new ProtocolException("the listener did not take the greeting");
        }
        return new PostgresFront.ProbeAnswer(true, fields.getOrDefault('M', ""), reason, fields.getOrDefault('W', ""));
    }
}
