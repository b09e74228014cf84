package dev.interlock.evidence;

import java.util.concurrent.ThreadLocalRandom;

/** The ids of the receipts of a log, each with a number of its own, in 20 bytes a place: a ULID has 128 bits. */
final class ReceiptIds {

    private static final int START = "R-".length();
    private static final int HALF = START + 13;

    private long[] halves = new long[2 << 10];
    private int[] numbers = new int[1 << 10]; // one more than given; 0 where no id is
    private int size;
    // Random, so that nobody can make a log whose ids all have one place.
    private final long one = ThreadLocalRandom.current().nextLong() | 1;
    private final long other = ThreadLocalRandom.current().nextLong() | 1;

    /** Adds {@code id}; returns false if it is there already, and then changes nothing. */
    boolean add(String id) {
        if (size >= numbers.length / 4 * 3) {
            grow();
        }
        long high = high(id);
        long low = low(id);
        int place = place(high, low);
        if (numbers[place] != 0) {
            return false;
        }
        put(place, high, low, 1);
        size++;
        return true;
    }

    /** Sets the number, above 0, of an id that is there. */
    void number(String id, int number) {
        numbers[place(high(id), low(id))] = number + 1;
    }

    /** Returns the number of {@code id}; 0 if it has none, or is not there. */
    int number(String id) {
        return Math.max(0, numbers[place(high(id), low(id))] - 1);
    }

    private void grow() {
        long[] before = halves;
        int[] given = numbers;
        halves = new long[Math.multiplyExact(before.length, 2)];
        numbers = new int[given.length * 2];
        for (int i = 0; i < given.length; i++) {
            if (given[i] != 0) {
                put(place(before[2 * i], before[2 * i + 1]), before[2 * i], before[2 * i + 1], given[i]);
            }
        }
    }

    private void put(int place, long high, long low, int number) {
        halves[2 * place] = high;
        halves[2 * place + 1] = low;
        numbers[place] = number;
    }

    /** Returns where the id is, or else the free place for it. */
    private int place(long high, long low) {
        int place = (int) ((high * one + low * other) >>> 32) & (numbers.length - 1);
        while (numbers[place] != 0 && !(halves[2 * place] == high && halves[2 * place + 1] == low)) {
            place = (place + 1) & (numbers.length - 1);
        }
        return place;
    }

    // The first character has 3 bits, so 13 characters have 63 bits; the other 13 have 65, whose first joins these.
    private static long high(String id) {
        return bits(id, START, HALF) << 1 | Receipt.digit(id.charAt(HALF)) >>> 4;
    }

    private static long low(String id) {
        return bits(id, HALF, id.length()); // the first of 65 bits is shifted out
    }

    private static long bits(String id, int from, int to) {
        long bits = 0;
        for (int i = from; i < to; i++) {
            bits = bits << 5 | Receipt.digit(id.charAt(i));
        }
        return bits;
    }
}
