package dev.interlock.identity;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A lease's token: {@code ilk_} and 256 random bits. An upstream does not accept it. */
final class LeaseToken {

    private static final int BYTES = 32;

    /** 32 bytes are 43 characters of base64url, and the last character carries only four bits. */
    private static final Pattern SHAPE = Pattern.compile("ilk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]");

    private static final String BEGIN = "ilk_";

    private LeaseToken() {}

    static Secret make(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new Secret("ilk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    static boolean looksLike(String text) {
        return SHAPE.matcher(text).matches();
    }

    /** Returns what looks like a token in {@code text}. One may begin within what looks like another. */
    static Stream<Secret> in(byte[] text) {
        String all = new String(text, StandardCharsets.ISO_8859_1);
        Matcher token = SHAPE.matcher(all);
        List<Secret> found = new ArrayList<>();
        for (int at = all.indexOf(BEGIN); at >= 0; at = all.indexOf(BEGIN, at + 1)) {
            if (token.region(at, all.length()).lookingAt()) {
                found.add(new Secret(token.group()));
            }
        }
        return found.stream();
    }

    static String hash(Secret token) {
        return token.use(text -> Bytes.utf8(text).sha256());
    }
}
