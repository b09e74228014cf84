package dev.interlock.watch;

import dev.interlock.action.Alert;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What the latest probes have shown. Whatever was not refused as it must be is an alarm, and stays red until the same
 * probe passes; a front that lets one through is shut.
 *
 * <p>Threading: one thread sends; any may ask.
 */
public final class Probes {

    private final InstantSource clock;
    private final Consumer<Alert> alerts;
    private final Consumer<String> shut;
    private final Map<Name, Result> results = new ConcurrentHashMap<>();
    private volatile Set<String> without = Set.of();

    /** Which of a seal's probes it is. */
    private record Name(String front, String protocol, String upstream, String carrying) {
        static Name of(Probe probe) {
            return new Name(probe.front(), probe.protocol(), probe.upstream(), probe.carrying());
        }
    }

    private record Result(Instant at, Probe.Shown shown) {
        boolean passed() {
            return shown.finding() == Probe.Finding.REFUSED;
        }
    }

    /**
     * What the probes of something have shown.
     *
     * @param count how many there are
     * @param latest when the latest was sent
     * @param red what was wrong with those that did not pass, in words
     */
    public record Standing(int count, Optional<Instant> latest, List<String> red) {
        public Standing {
            red = List.copyOf(red);
        }
    }

    /** Begins with nothing shown; a front that lets a probe through is handed to {@code shut}, by its name. */
    public Probes(InstantSource clock, Consumer<Alert> alerts, Consumer<String> shut) {
        this.clock = clock;
        this.alerts = alerts;
        this.shut = shut;
    }

    /** Sends {@code probe}, and says whether it passed. */
    public boolean send(Probe probe) throws InterruptedException {
        Probe.Shown shown = probe.tried();
        Optional<Result> before = Optional.ofNullable(results.put(Name.of(probe), new Result(clock.instant(), shown)));
        switch (shown.finding()) {
            case REFUSED ->
                before.filter(was -> !was.passed())
                        .ifPresent(
                                _ -> tell(probe, Alert.Severity.INFO, "A probe is refused again as it must be.", ""));
            case UNPROVED ->
                tell(
                        probe,
                        Alert.Severity.ALARM,
                        "A probe was not refused as it must be: it is not known whether this front still protects.",
                        shown.why());
            case LET_THROUGH -> {
                shut.accept(probe.front());
                tell(
                        probe,
                        Alert.Severity.ALARM,
                        "A forbidden action of the gateway's own was not refused. This front is shut until the gateway is"
                                + " started again.",
                        shown.why());
            }
        }
        return shown.finding() == Probe.Finding.REFUSED;
    }

    private void tell(Probe probe, Alert.Severity severity, String summary, String why) {
        Map<String, String> facts = Map.of(
                "front", probe.front(),
                "protocol", probe.protocol(),
                "upstream", probe.upstream(),
                "carrying", probe.carrying(),
                "why", why);
        alerts.accept(new Alert(Alert.Rule.PROBE, severity, summary, facts, Optional.empty()));
    }

    /** Whether the latest try of {@code probe} passed. */
    public boolean isProved(Probe probe) {
        Result result = results.get(Name.of(probe));
        return result != null && result.passed();
    }

    /** Whether the latest try of {@code probe} did not pass. */
    public boolean isRed(Probe probe) {
        Result result = results.get(Name.of(probe));
        return result != null && !result.passed();
    }

    /** Forgets what is not among {@code fronts} any more, unless it let something through. */
    public void keep(Set<String> fronts) {
        results.entrySet()
                .removeIf(entry -> !fronts.contains(entry.getKey().front())
                        && entry.getValue().shown().finding() != Probe.Finding.LET_THROUGH);
    }

    /** Forgets what was shown under another seal, unless it was let through. */
    public void forget() {
        keep(Set.of());
    }

    /** From now on there is nothing to ask of {@code upstreams}. */
    public void without(Set<String> upstreams) {
        without = Set.copyOf(upstreams);
    }

    /** Whether there is nothing that could be asked of {@code upstream}, so that none of its ways is ever proved. */
    public boolean hasNone(String upstream) {
        return without.contains(upstream);
    }

    /** What was shown of each front, with those that are shut. */
    public Standing ofFront(String front) {
        return standing(name -> name.front().equals(front));
    }

    /** What was shown of calls to {@code upstream}, at all fronts. */
    public Standing ofUpstream(String upstream) {
        return standing(name -> name.upstream().equals(upstream));
    }

    /** What was shown at all. */
    public Standing all() {
        return standing(_ -> true);
    }

    /** The fronts of which something was shown. */
    public Set<String> fronts() {
        Set<String> fronts = new HashSet<>();
        results.keySet().forEach(name -> fronts.add(name.front()));
        return fronts;
    }

    private Standing standing(Predicate<Name> which) {
        List<Instant> sent = new ArrayList<>();
        List<String> red = new ArrayList<>();
        results.forEach((name, result) -> {
            if (which.test(name)) {
                sent.add(result.at());
                if (!result.passed()) {
                    red.add(name.front() + " " + name.protocol() + ", " + name.upstream() + ", " + name.carrying()
                            + ": " + result.shown().why());
                }
            }
        });
        red.sort(Comparator.naturalOrder());
        return new Standing(sent.size(), sent.stream().max(Comparator.naturalOrder()), red);
    }
}
