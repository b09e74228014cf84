package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.action.SecretForms;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Takes the credential of a call out of its answer: out of header fields, and out of the body however it is encoded.
 */
final class AnswerCleaner {

    private static final Set<String> OF_CODING = Set.of("content-encoding", "content-length", "content-md5", "digest");

    private AnswerCleaner() {}

    /**
     * {@code answer} without the credential in {@code slot}. What it cannot look through is not passed on: the answer
     * then says so in an {@code interlock-note}, with the upstream's status and no body.
     */
    static Answer clean(Answer answer, Header slot) {
        SecretForms forms = forms(slot.value());
        Answer plain = answer.isPart()
                ? answer.with(VeiledAnswer.withoutBody(answer))
                        .withheld("it is only a part, and across its ends nobody can look")
                : decoded(answer);
        List<Header> headers = plain.headers().stream()
                .filter(header -> !forms.isIn(header.value()))
                .toList();
        return plain.with(headers).through(body -> new RedactedBody(body, forms));
    }

    private static SecretForms forms(String value) {
        int space = value.indexOf(' ');
        String credential = value.substring(space + 1);
        // RFC 7617 §2: what an upstream tells again may be what it decoded, whole or the password alone.
        if (space > 0 && value.substring(0, space).toLowerCase(Locale.ROOT).equals("basic")) {
            try {
                String pair = new String(Base64.getDecoder().decode(credential), StandardCharsets.UTF_8);
                return SecretForms.of(credential, pair, pair.substring(pair.indexOf(':') + 1));
            } catch (IllegalArgumentException _) {
                return SecretForms.of(credential); // not what Basic is, and sent as it was put
            }
        }
        return SecretForms.of(credential);
    }

    private static Answer decoded(Answer answer) {
        List<String> codings = answer.headers().stream()
                .filter(header -> header.name().equals("content-encoding"))
                .flatMap(header -> HeaderRules.list(header.value()).stream())
                .filter(coding -> !coding.equals("identity"))
                .toList();
        if (codings.isEmpty()) {
            return answer;
        }
        Optional<DecodedBody.Encoding> encoding =
                codings.size() == 1 ? DecodedBody.Encoding.of(codings.getFirst()) : Optional.empty();
        List<Header> headers = answer.headers().stream()
                .filter(header -> !OF_CODING.contains(header.name()))
                .toList();
        return encoding.map(known -> answer.with(headers).through(body -> new DecodedBody(body, known)))
                .orElseGet(() -> answer.with(headers).withheld("it is compressed in a way that is not read"));
    }
}
