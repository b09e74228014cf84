package dev.interlock.front.postgres;

import dev.interlock.action.Header;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Credential;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.ResponseRedactor;
import dev.interlock.gate.ResponseScanner;
import dev.interlock.gate.Upstream;
import java.net.URI;
import java.util.Optional;

/** An upstream of which agents get no answer, and which has done its work when it has one. */
interface PlainUpstream<R> extends Upstream<R> {

    static String secret(Credential credential, URI address) throws NotSentException {
        return credential
                .headerFor(address)
                .map(Header::value)
                .orElseThrow(() -> new NotSentException("the upstream has no credential"));
    }

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
