package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The marks of a front's own probes: 256 random bits, valid for one call, which never leaves the gateway. */
public final class ProbeMarks {

    /** Under which a call carries its mark. */
    public static final String NAME = "interlock-probe";

    private static final int BYTES = 32;

    private final SecureRandom random = new SecureRandom();

    // Stored and looked up by hash, so that the time of a lookup reveals nothing about a mark.
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    public Secret make() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        Secret mark = new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
        open.add(hash(mark));
        return mark;
    }

    public boolean redeem(List<String> presented) {
        return presented.size() == 1 && withdraw(new Secret(presented.getFirst()));
    }

    /** Invalidates {@code mark}; returns false if it already was invalid. */
    public boolean withdraw(Secret mark) {
        return open.remove(hash(mark));
    }

    private static String hash(Secret mark) {
        return mark.use(text -> Bytes.utf8(text).sha256());
    }
}
