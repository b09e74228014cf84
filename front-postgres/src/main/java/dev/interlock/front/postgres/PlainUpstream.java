package dev.interlock.front.postgres;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.ResponseRedactor;
import dev.interlock.gate.ResponseScanner;
import dev.interlock.gate.Upstream;
import java.util.Optional;

/** An upstream of which agents get no answer, and which has done its work when it has one. */
interface PlainUpstream<R> extends Upstream<R> {

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
