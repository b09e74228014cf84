package dev.interlock.front.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.stream.Collectors.joining;

import dev.interlock.action.Header;
import dev.interlock.action.SecretForms;
import dev.interlock.action.SecretStreamMask;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Removes the credential of a call from its answer: from header fields, and from the body, however it is encoded. */
final class CredentialFilter {

    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*(\"[^\"]*\"|[^;\\s]*)", Pattern.CASE_INSENSITIVE);

    /**
     * The characters of a secret's forms. In a charset that encodes these differently from ASCII, none would be found.
     */
    private static final String LETTERS =
            IntStream.rangeClosed(' ', '~').mapToObj(Character::toString).collect(joining());

    private CredentialFilter() {}

    /**
     * Returns {@code answer} without the credential that has these {@code forms}. An answer that cannot be searched is
     * not passed on. It then says so in an {@code interlock-note}, with the upstream's status and no body.
     */
    static UpstreamAnswer clean(UpstreamAnswer answer, SecretForms forms) {
        UpstreamAnswer plain = readable(answer);
        List<Header> headers = plain.headers().stream()
                .filter(header -> !forms.isIn(header.value()) && !forms.isInLowerCase(header.name()))
                .toList();
        return plain.with(headers).withBody(body -> new CredentialFreeBody(body, forms));
    }

    private static UpstreamAnswer readable(UpstreamAnswer answer) {
        List<String> types = answer.values("content-type");
        if (answer.isPart()
                || types.stream()
                        .anyMatch(type -> type.strip().toLowerCase(Locale.ROOT).startsWith("multipart/byteranges"))) {
            return answer.withheld("it is a partial response, and a credential could cross its boundaries");
        }
        return types.stream().allMatch(CredentialFilter::isRead)
                ? decoded(answer)
                : answer.withheld("its charset is not supported");
    }

    private static boolean isRead(String type) {
        return CHARSET.matcher(type)
                .results()
                .map(found -> found.group(1).replace("\"", "").toLowerCase(Locale.ROOT))
                .allMatch(CredentialFilter::isReadCharset);
    }

    private static boolean isReadCharset(String name) {
        if (name.isEmpty() || name.equals("binary")) { // both mean that there is no charset
            return true;
        }
        try {
            Charset charset = Charset.forName(name);
            return charset.name().startsWith("UTF-16")
                    || (charset.canEncode() && Arrays.equals(LETTERS.getBytes(charset), LETTERS.getBytes(US_ASCII)));
        } catch (IllegalArgumentException _) {
            return false; // unknown here
        }
    }

    private static UpstreamAnswer decoded(UpstreamAnswer answer) {
        List<String> codings = answer.values("content-encoding").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .filter(coding -> !coding.equals("identity"))
                .toList();
        if (codings.isEmpty()) {
            return answer;
        }
        Optional<DecodedBody.Encoding> encoding =
                codings.size() == 1 ? DecodedBody.Encoding.of(codings.getFirst()) : Optional.empty();
        return encoding.map(known -> answer.decoded(body -> new DecodedBody(body, known)))
                .orElseGet(() -> answer.withheld("its compression is not supported"));
    }

    /** A body with its secret replaced. Its length stays the same, so the answer's framing stays valid. */
    private static final class CredentialFreeBody extends UpstreamAnswer.BodyFilter {

        private final SecretStreamMask starring;

        CredentialFreeBody(UpstreamAnswer.AnswerBody body, SecretForms forms) {
            super(body);
            this.starring = new SecretStreamMask(forms);
        }

        @Override
        public Optional<byte[]> next() throws IOException {
            Optional<byte[]> piece = body.next();
            if (piece.isPresent()) {
                return Optional.of(starring.next(piece.get()));
            }
            byte[] rest = starring.rest();
            return rest.length == 0 ? Optional.empty() : Optional.of(rest);
        }
    }
}
