package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.PlainText;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.catalog.FileTexts;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;

/**
 * Asks the policy about each file that an answer shows, as if the call had named it: by {@code context.argument.file}.
 */
final class PolicyScreen implements AnswerScreen {

    /** Maximum names in a receipt. */
    private static final int MAX_NAMES = 10;

    private final DecisionPoint decisions;
    private final Seal seal;
    private final ResolvedAttempt sensed;
    private final boolean isConfirmed;
    private final Set<String> withheld = new ConcurrentSkipListSet<>();

    /** @param isConfirmed whether people have confirmed the call, and so what it takes to confirm of its files */
    PolicyScreen(DecisionPoint decisions, Seal seal, ResolvedAttempt sensed, boolean isConfirmed) {
        this.decisions = decisions;
        this.seal = seal;
        this.sensed = sensed;
        this.isConfirmed = isConfirmed;
    }

    @Override
    public Optional<Bytes> over(Bytes answer) {
        return FileTexts.ofAnswer(answer).map(this::screened);
    }

    @Override
    public Optional<Bytes> overMessage(Bytes message) {
        return FileTexts.ofMessage(message).map(this::screened);
    }

    private Bytes screened(FileTexts texts) {
        Set<String> refused = refused(List.copyOf(texts.names()));
        refused.forEach(this::note);
        return texts.without(refused);
    }

    @Override
    public boolean shows(String file) {
        boolean isShown = mayRead(List.of(file));
        if (!isShown) {
            note(file);
        }
        return isShown;
    }

    @Override
    public boolean showsUnnamed() {
        return mayRead(List.of(Fact.UNNAMED));
    }

    private void note(String file) {
        if (withheld.size() < MAX_NAMES) {
            withheld.add(PlainText.isWord(file) ? file : Fact.UNNAMED);
        }
    }

    @Override
    public Set<String> withheld() {
        return new TreeSet<>(withheld);
    }

    /** Asks about all at once, because nearly always all may be read, and only then about each half. */
    private Set<String> refused(List<String> names) {
        if (names.isEmpty() || mayRead(names)) {
            return Set.of();
        }
        if (names.size() == 1) {
            return Set.copyOf(names);
        }
        int half = names.size() / 2;
        Set<String> refused = new LinkedHashSet<>(refused(names.subList(0, half)));
        refused.addAll(refused(names.subList(half, names.size())));
        return refused;
    }

    private boolean mayRead(List<String> names) {
        List<Action> reading = new ArrayList<>();
        for (Action action : sensed.actions()) {
            reading.add(action.withFacts(Stream.concat(action.facts().stream(), unnamedByCall(action, names))
                    .toList()));
        }
        return switch (decisions.judge(seal, sensed.with(reading))) {
            case Verdict.Permit _ -> true;
            case Verdict.Hold _ -> isConfirmed;
            case Verdict.Refuse _ -> false;
        };
    }

    /** The name of a file that the call names, and may read, says what its answer holds. */
    private static Stream<Fact> unnamedByCall(Action action, List<String> names) {
        boolean isNamed = action.facts().stream().anyMatch(fact -> fact.name().equals(Fact.ARGUMENT + Fact.FILE));
        return names.stream()
                .filter(name -> !isNamed || !name.equals(Fact.UNNAMED))
                .map(name -> new Fact(Fact.ARGUMENT + Fact.FILE, Fact.shortened(name), Provenance.CLAIMED));
    }
}
