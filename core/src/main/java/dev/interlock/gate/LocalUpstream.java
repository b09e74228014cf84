package dev.interlock.gate;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.util.Optional;

/** An upstream whose answer stays inside the gateway: nothing of it is redacted, searched or passed on. */
@FunctionalInterface
public interface LocalUpstream<R> extends Upstream<R> {

    @Override
    default void redactAnswerBy(Optional<ResponseRedactor> redactor) {}

    @Override
    default void scanAnswerBy(ResponseScanner scanner) {}

    @Override
    default void markReadOnly() {}

    @Override
    default void cut() {}

    @Override
    default WaitState beginWaiting(Runnable gone) {
        return () -> {};
    }

    @Override
    default AnswerOutcome ending(R answer) {
        return new AnswerOutcome(Receipt.Result.DONE, Json.object(), Optional.empty());
    }
}
