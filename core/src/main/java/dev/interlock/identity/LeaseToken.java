package dev.interlock.identity;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A lease's token: {@code ilk_} and 256 random bits. An upstream does not accept it. */
final class LeaseToken {

    private static final int BYTES = 32;

    /** 32 bytes are 43 characters of base64url, and the last character carries only four bits. */
    private static final String FORM = "ilk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]";

    private static final Pattern SHAPE = Pattern.compile(FORM);
    /** One may begin within what looks like another. */
    private static final Pattern ANYWHERE = Pattern.compile("(?=(" + FORM + "))");

    private LeaseToken() {}

    static Secret make(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new Secret("ilk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    static boolean looksLike(String text) {
        return SHAPE.matcher(text).matches();
    }

    /** Returns what looks like a token in {@code text}. */
    static Stream<Secret> in(byte[] text) {
        return ANYWHERE.matcher(new String(text, StandardCharsets.ISO_8859_1))
                .results()
                .map(found -> new Secret(found.group(1)));
    }

    static String hash(Secret token) {
        return token.use(text -> Bytes.utf8(text).sha256());
    }
}
