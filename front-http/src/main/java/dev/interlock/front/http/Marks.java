package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * By what the front knows its own probes: 256 random bits each, good for one request. A mark makes an attempt less: it
 * never leaves. One that is unknown or used makes nothing of it, and is dropped.
 *
 * <p>Threading: any.
 */
final class Marks {

    /** Taken out of every request. */
    static final String HEADER = "interlock-probe";

    private static final int BYTES = 32;

    private final SecureRandom random = new SecureRandom();

    // Kept and looked up by hash: how long that takes tells nothing about a mark.
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    Secret make() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        Secret mark = new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
        open.add(hash(mark));
        return mark;
    }

    /** Whether {@code presented} is one mark that nobody has presented before. */
    boolean redeem(List<String> presented) {
        return presented.size() == 1 && withdraw(new Secret(presented.getFirst()));
    }

    /** Makes {@code mark} worthless; false if it was. */
    boolean withdraw(Secret mark) {
        return open.remove(hash(mark));
    }

    private static String hash(Secret mark) {
        return mark.use(text -> Bytes.utf8(text).sha256());
    }
}
