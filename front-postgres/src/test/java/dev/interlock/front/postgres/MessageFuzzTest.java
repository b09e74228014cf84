package dev.interlock.front.postgres;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.front.postgres.sql.SqlReader;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;

/** Whatever a client sends is read, or refused: no other exception may come out. */
class MessageFuzzTest {

    private static final SqlReader READER = new SqlReader();
    private static final String TYPES = "QPBDECHS";

    @FuzzTest
    void anyFirstPacketIsReadOrRefused(byte[] packet) {
        try {
            StartupPacket.read(new DataInputStream(new ByteArrayInputStream(packet)));
        } catch (IOException e) {
            // refused
        }
    }

    /** Reads the input: each message is its type, a byte that says how long its payload is, and the payload. */
    @FuzzTest
    void anyMessagesAreReadOrRefused(byte[] input) {
        ByteBuffer messages = ByteBuffer.wrap(input);
        PreparedStatements session = new PreparedStatements();
        Batch batch = new Batch(READER, session.copy());
        try {
            while (messages.remaining() > 2) {
                char type = (char) messages.get();
                byte[] payload = new byte[Math.min(Byte.toUnsignedInt(messages.get()), messages.remaining())];
                messages.get(payload);
                if (TYPES.indexOf(type) >= 0) {
                    batch.add(new Message(type, payload));
                }
            }
            batch.values();
        } catch (Batch.RejectedException | ProtocolException e) {
            // refused
        }
    }

    @FuzzTest
    void anyValuesAreReadOrRefused(byte[] values) {
        try {
            BoundValues.read(new PayloadReader(values), List.of(20, 21, 23)).canonical();
        } catch (ProtocolException e) {
            // refused
        }
    }

    /** The first line of the input is the server's first message, and the rest its last. */
    @FuzzTest
    void anyAnswerOfTheServerIsReadOrRefused(byte[] input) {
        String[] answers = new String(input, StandardCharsets.UTF_8).split("\n", 2);
        Scram scram = new Scram("password", new FixedRandom());
        try {
            scram.last(answers[0]);
            scram.check(answers.length > 1 ? answers[1] : "");
            throw new AssertionError("a server that knows no password was believed");
        } catch (ProtocolException e) {
            // refused
        }
    }

    /** Draws zeros, so that a seed can answer this log-in. */
    private static final class FixedRandom extends SecureRandom {

        private static final long serialVersionUID = 1;

        @Override
        public void nextBytes(byte[] bytes) {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
