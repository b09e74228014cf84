package dev.interlock.evidence;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;

/** A constant that files and people write as one word: its name in lower case, with hyphens. */
public interface Keyword {

    String name();

    default String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static <E extends Enum<E> & Keyword> Optional<E> find(Class<E> type, String word) {
        return EnumSet.allOf(type).stream()
                .filter(constant -> constant.word().equals(word))
                .findFirst();
    }
}
