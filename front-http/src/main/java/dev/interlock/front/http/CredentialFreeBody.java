package dev.interlock.front.http;

import dev.interlock.action.SecretForms;
import dev.interlock.action.SecretStreamMask;
import java.io.IOException;
import java.util.Optional;

/** A body with its secret replaced. Its length stays the same, so the answer's framing stays valid. For one thread. */
final class CredentialFreeBody extends UpstreamAnswer.BodyFilter {

    private final SecretStreamMask starring;

    CredentialFreeBody(UpstreamAnswer.AnswerBody body, SecretForms forms) {
        super(body);
        this.starring = new SecretStreamMask(forms);
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        Optional<byte[]> piece = body.next();
        return piece.isPresent() ? Optional.of(starring.next(piece.get())) : rest();
    }

    private Optional<byte[]> rest() {
        byte[] rest = starring.rest();
        return rest.length == 0 ? Optional.empty() : Optional.of(rest);
    }
}
