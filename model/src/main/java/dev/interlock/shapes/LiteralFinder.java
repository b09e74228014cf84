package dev.interlock.shapes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds every literal of every kind in one pass: a table lookup by three folded bytes tells whether one may begin
 * there.
 */
public final class LiteralFinder {

    public record LiteralHit(String literal, List<CredentialKind> kinds) {}

    @FunctionalInterface
    public interface HitConsumer {
        void take(int at, LiteralHit mark);
    }

    private static final int HASH_BITS = 16;
    private static final int SPREAD = 0x9E3779B1;
    private static final int THREE_BYTES = 0xffffff;
    private static final byte[] FOLD = fold();

    private final LiteralHit[][] marks = new LiteralHit[1 << HASH_BITS][];

    public LiteralFinder(List<CredentialKind> kinds) {
        Map<String, List<CredentialKind>> byLiteral = new TreeMap<>();
        for (CredentialKind kind : kinds) {
            kind.literals()
                    .forEach(literal -> byLiteral
                            .computeIfAbsent(literal, _ -> new ArrayList<>())
                            .add(kind));
        }
        byLiteral.forEach((literal, of) -> {
            int slot = slot(((literal.charAt(0) << 16) | (literal.charAt(1) << 8) | literal.charAt(2)) & THREE_BYTES);
            LiteralHit[] there = marks[slot] == null ? new LiteralHit[0] : marks[slot];
            LiteralHit[] longer = Arrays.copyOf(there, there.length + 1);
            longer[there.length] = new LiteralHit(literal, List.copyOf(of));
            marks[slot] = longer;
        });
    }

    public void over(byte[] bytes, int from, int to, int end, HitConsumer consumer) {
        int window = 0;
        int last = Math.min(to + 2, end);
        for (int i = from; i < last; i++) {
            window = ((window << 8) | (FOLD[bytes[i] & 0xff] & 0xff)) & THREE_BYTES;
            if (i >= from + 2) {
                LiteralHit[] there = marks[slot(window)];
                if (there != null) {
                    compare(bytes, i - 2, end, there, consumer);
                }
            }
        }
    }

    private static void compare(byte[] bytes, int at, int end, LiteralHit[] there, HitConsumer consumer) {
        for (LiteralHit mark : there) {
            if (stands(bytes, at, end, mark.literal())) {
                consumer.take(at, mark);
            }
        }
    }

    private static boolean stands(byte[] bytes, int at, int end, String literal) {
        if (at + literal.length() > end) {
            return false;
        }
        for (int i = 0; i < literal.length(); i++) {
            if (FOLD[bytes[at + i] & 0xff] != literal.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int slot(int three) {
        return (three * SPREAD) >>> (32 - HASH_BITS);
    }

    private static byte[] fold() {
        byte[] folded = new byte[256];
        for (int i = 0; i < folded.length; i++) {
            folded[i] = (byte) (i >= 'A' && i <= 'Z' ? i + 32 : i);
        }
        return folded;
    }
}
