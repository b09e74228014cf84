package dev.interlock.front.postgres;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.front.postgres.sql.SqlReader;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;

/** Whatever a client sends is read, or refused: no other exception may come out. */
class MessageFuzzTest {

    private static final SqlReader READER = new SqlReader();

    @FuzzTest
    void anyFirstPacketIsReadOrRefused(FuzzedDataProvider data) {
        try {
            StartupPacket.read(new DataInputStream(new ByteArrayInputStream(data.consumeRemainingAsBytes())));
        } catch (IOException e) {
            // refused
        }
    }

    @FuzzTest
    void anyMessagesAreReadOrRefused(FuzzedDataProvider data) {
        PreparedStatements session = new PreparedStatements();
        Batch batch = new Batch(READER, session.copy());
        String types = "QPBDECHS";
        try {
            while (data.remainingBytes() > 0) {
                char type = types.charAt(data.consumeInt(0, types.length() - 1));
                batch.add(new Message(type, data.consumeBytes(data.consumeInt(0, 200))));
            }
            batch.values();
        } catch (Batch.RejectedException | ProtocolException e) {
            // refused
        }
    }

    @FuzzTest
    void anyValuesAreReadOrRefused(FuzzedDataProvider data) {
        try {
            BoundValues.read(new PayloadReader(data.consumeRemainingAsBytes()), java.util.List.of(20, 21, 23))
                    .canonical();
        } catch (ProtocolException e) {
            // refused
        }
    }

    @FuzzTest
    void anyAnswerOfTheServerIsReadOrRefused(FuzzedDataProvider data) {
        Scram scram = new Scram("password", new java.security.SecureRandom());
        try {
            scram.last(data.consumeString(100).replace("i=", "i=0"));
            scram.check(data.consumeRemainingAsString());
            throw new AssertionError("a server that knows no password was believed");
        } catch (ProtocolException e) {
            // refused
        }
    }
}
