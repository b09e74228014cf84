package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.evidence.Receipt;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What an answer of GraphQL with a good status says of the call. Its status says only that there is an answer: an error
 * has status 200 too. A longer answer has data.
 */
public final class GraphqlAnswer {

    /** A longer answer is not read for errors, in bytes. */
    public static final int MOST = 64 * 1024;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Takes the next part of the answer's body. */
    public void add(byte[] piece) {
        if (bytes.size() <= MOST) {
            bytes.write(piece, 0, Math.min(piece.length, MOST + 1 - bytes.size()));
        }
    }

    /**
     * Returns the result, if the answer holds errors and nothing else. Without {@code data} nothing was executed
     * (GraphQL §7.1.2); with a null there, something may have been.
     */
    public Optional<Receipt.Result> result() {
        return bytes.size() <= MOST && mayHoldErrors(bytes.toString(StandardCharsets.ISO_8859_1))
                ? Value.find(Bytes.owning(bytes.toByteArray())).flatMap(GraphqlAnswer::result)
                : Optional.empty();
    }

    /** Looks for the member's name, or an escape that may be in it. Most answers have neither, and are not read. */
    private static boolean mayHoldErrors(String answer) {
        return answer.contains("\"errors\"") || answer.contains("\\u");
    }

    private static Optional<Receipt.Result> result(Value answer) {
        if (!(answer instanceof Value.Members(var members))
                || !(members.get("errors") instanceof Value.Items(var errors))
                || errors.isEmpty()) {
            return Optional.empty();
        }
        Value data = members.get("data");
        return data == null
                ? Optional.of(Receipt.Result.FAILED)
                : isEmpty(data) ? Optional.of(Receipt.Result.UNKNOWN) : Optional.empty();
    }

    private static boolean isEmpty(Value data) {
        return data instanceof Value.NullLiteral
                || (data instanceof Value.Members(var members)
                        && members.values().stream().allMatch(Value.NullLiteral.class::isInstance));
    }
}
