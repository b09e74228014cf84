package dev.interlock.action;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which alerts a seal has told to whom. Where receivers are, and what opens them, is local, and no seal says it.
 *
 * <p>INVARIANT: rules choose, and never silence. An alarm that none of them takes is told to every receiver, and so is
 * whatever only those are to be told of that are not there. Of broken glass, and of what one person signed who is
 * alone, everybody is told, whatever they say.
 *
 * @param lines each adds receivers; none, where everything is told to every receiver
 */
public record AlertRules(List<Line> lines) {

    /** More ways to people nobody keeps apart. */
    public static final int MOST = 64;

    /** Everything to everybody. */
    public static final AlertRules NONE = new AlertRules(List.of());

    /**
     * What some receivers are told.
     *
     * @param to their names
     * @param about which kinds of alerts; empty for every kind
     * @param from how loud an alert is at least
     */
    public record Line(Set<String> to, Set<Alert.Rule> about, Alert.Severity from) {
        public Line {
            if (to.isEmpty()) {
                throw new IllegalArgumentException("`to` is empty; name at least one receiver");
            }
            to = Collections.unmodifiableSet(new TreeSet<>(to));
            about = Collections.unmodifiableSet(
                    about.isEmpty() ? EnumSet.noneOf(Alert.Rule.class) : EnumSet.copyOf(about));
        }

        private boolean takes(Alert alert) {
            return alert.severity().compareTo(from) >= 0 && (about.isEmpty() || about.contains(alert.rule()));
        }
    }

    public AlertRules {
        lines = List.copyOf(lines);
        if (lines.size() > MOST) {
            throw new IllegalArgumentException("there are more than " + MOST + " lines in `alerts`");
        }
    }

    /** Every name that is told anything. */
    public Set<String> receivers() {
        Set<String> all = new TreeSet<>();
        lines.forEach(line -> all.addAll(line.to()));
        return all;
    }

    /** Which of {@code there} are told of {@code alert}. */
    public Set<String> told(Alert alert, Set<String> there) {
        if (alert.rule() == Alert.Rule.BREAK_GLASS || alert.rule() == Alert.Rule.SIGNED_ALONE) {
            return there;
        }
        Set<String> named = new TreeSet<>();
        lines.stream().filter(line -> line.takes(alert)).forEach(line -> named.addAll(line.to()));
        boolean taken = !named.isEmpty();
        named.retainAll(there);
        boolean everybody = named.isEmpty() && (taken || lines.isEmpty() || alert.severity() == Alert.Severity.ALARM);
        return everybody ? there : named;
    }
}
