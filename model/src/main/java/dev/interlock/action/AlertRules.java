package dev.interlock.action;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The seal's rules for which receivers get which alerts. The addresses and credentials of receivers are local and never
 * in a seal.
 *
 * <p>INVARIANT: rules choose, and never silence. An alert that no rule matches goes to every receiver. So does an alert
 * whose chosen receivers do not exist. Alerts about signatures of a sole owner go to everybody, in spite of any rule.
 *
 * @param lines each adds receivers; without any, everything goes to every receiver
 */
public record AlertRules(List<AlertRule> lines) {

    /** The maximum number of lines. Nobody can keep track of more. */
    public static final int MOST = 64;

    public static final AlertRules NONE = new AlertRules(List.of());

    /**
     * One rule: which alerts some receivers get.
     *
     * @param about the kinds of alerts; empty for every kind
     * @param from the minimum severity
     */
    public record AlertRule(Set<String> to, Set<Alert.AlertKind> about, Alert.Severity from) {
        public AlertRule {
            if (to.isEmpty()) {
                throw new IllegalArgumentException("`to` is empty; name at least one receiver");
            }
            to = Collections.unmodifiableSet(new TreeSet<>(to));
            about = Collections.unmodifiableSet(
                    about.isEmpty() ? EnumSet.noneOf(Alert.AlertKind.class) : EnumSet.copyOf(about));
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

    public Set<String> receivers() {
        Set<String> all = new TreeSet<>();
        lines.forEach(line -> all.addAll(line.to()));
        return all;
    }

    public Set<String> receiversOf(Alert alert, Set<String> there) {
        if (alert.rule() == Alert.AlertKind.SIGNED_ALONE) {
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
