package dev.interlock.inventory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Formats numbers and lists for people. */
final class Phrases {

    private Phrases() {}

    /** Returns {@code a}, {@code a and b} or {@code a, b and c}. */
    static String list(Collection<String> words) {
        List<String> all = new ArrayList<>(words);
        if (all.size() < 2) {
            return String.join("", all);
        }
        String last = all.removeLast();
        return String.join(", ", all) + " and " + last;
    }

    /** Returns {@code 1 backup} or {@code 3 backups}, for example. */
    static String count(long number, String word) {
        return number + " " + word + (number == 1 ? "" : "s");
    }

    /** Returns {@code 92 days}, for example; below two days in hours, below two hours in minutes. */
    static String age(Duration age) {
        if (age.toHours() >= 48) {
            return count(age.toDays(), "day");
        }
        return age.toMinutes() >= 120 ? count(age.toHours(), "hour") : count(Math.max(0, age.toMinutes()), "minute");
    }
}
