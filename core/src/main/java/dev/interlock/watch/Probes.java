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
 * The results of the latest probes. A probe that was not refused as expected raises an alarm, and stays red until it
 * passes. A front that lets one through is shut.
 *
 * <p>Threading: one thread sends; any may read.
 */
public final class Probes {

    private final InstantSource clock;
    private final Consumer<Alert> alerts;
    private final Consumer<String> shut;
    private final Map<Name, Result> results = new ConcurrentHashMap<>();
    private volatile Set<String> without = Set.of();

    private record Name(String front, String protocol, String upstream, String carrying) {
        static Name of(Probe probe) {
            return new Name(probe.front(), probe.protocol(), probe.upstream(), probe.carrying());
        }
    }

    private record Result(Instant at, Probe.ProbeResult shown) {
        boolean passed() {
            return shown.finding() == Probe.ProbeFinding.REFUSED;
        }
    }

    /** The status of a group of probes; {@code red} says what was wrong with those that did not pass. */
    public record ProbeStatus(int count, Optional<Instant> latest, List<String> red) {
        public ProbeStatus {
            red = List.copyOf(red);
        }
    }

    /** Creates it without results. {@code shut} is called with the name of a front that lets a probe through. */
    public Probes(InstantSource clock, Consumer<Alert> alerts, Consumer<String> shut) {
        this.clock = clock;
        this.alerts = alerts;
        this.shut = shut;
    }

    public boolean send(Probe probe) throws InterruptedException {
        Probe.ProbeResult shown = probe.tried();
        Optional<Result> before = Optional.ofNullable(results.put(Name.of(probe), new Result(clock.instant(), shown)));
        switch (shown.finding()) {
            case REFUSED ->
                before.filter(was -> !was.passed())
                        .ifPresent(_ -> tell(probe, Alert.Severity.INFO, "A probe is refused correctly again.", ""));
            case UNPROVED ->
                tell(
                        probe,
                        Alert.Severity.ALARM,
                        "A probe was not refused correctly, so it is not known whether this listener still protects.",
                        shown.why());
            case LET_THROUGH -> {
                shut.accept(probe.front());
                tell(
                        probe,
                        Alert.Severity.ALARM,
                        "A forbidden probe was not refused. This listener is closed until the gateway restarts.",
                        shown.why());
            }
        }
        return shown.finding() == Probe.ProbeFinding.REFUSED;
    }

    private void tell(Probe probe, Alert.Severity severity, String summary, String why) {
        Map<String, String> facts = Map.of(
                "front", probe.front(),
                "protocol", probe.protocol(),
                "upstream", probe.upstream(),
                "carrying", probe.carrying(),
                "why", why);
        alerts.accept(new Alert(Alert.AlertKind.PROBE, severity, summary, facts, Optional.empty()));
    }

    /** Returns whether the latest try of {@code probe} passed. */
    public boolean isProved(Probe probe) {
        Result result = results.get(Name.of(probe));
        return result != null && result.passed();
    }

    /** Returns whether the latest try of {@code probe} did not pass. */
    public boolean isRed(Probe probe) {
        Result result = results.get(Name.of(probe));
        return result != null && !result.passed();
    }

    /** Deletes the results of fronts that are not in {@code fronts}, unless a probe was let through. */
    public void retainFronts(Set<String> fronts) {
        results.entrySet()
                .removeIf(entry -> !fronts.contains(entry.getKey().front())
                        && entry.getValue().shown().finding() != Probe.ProbeFinding.LET_THROUGH);
    }

    /** Deletes the results under another seal, unless a probe was let through. */
    public void forget() {
        retainFronts(Set.of());
    }

    public void excludeUpstreams(Set<String> upstreams) {
        without = Set.copyOf(upstreams);
    }

    /** Returns whether there is no probe for {@code upstream}, so that none of its endpoints is ever proved. */
    public boolean hasNone(String upstream) {
        return without.contains(upstream);
    }

    public ProbeStatus ofFront(String front) {
        return standing(name -> name.front().equals(front));
    }

    public ProbeStatus ofUpstream(String upstream) {
        return standing(name -> name.upstream().equals(upstream));
    }

    public ProbeStatus all() {
        return standing(_ -> true);
    }

    public Set<String> fronts() {
        Set<String> fronts = new HashSet<>();
        results.keySet().forEach(name -> fronts.add(name.front()));
        return fronts;
    }

    private ProbeStatus standing(Predicate<Name> which) {
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
        return new ProbeStatus(sent.size(), sent.stream().max(Comparator.naturalOrder()), red);
    }
}
