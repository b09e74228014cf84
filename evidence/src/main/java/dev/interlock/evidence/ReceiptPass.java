package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Reads the receipts in order: each must be one, be of this log, and fit those before it. */
final class ReceiptPass {

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final String origin;
    private final Map<String, SealDocument> seals;
    private final Consumer<Finding> problems;
    private final List<Finding> unconfirmed = new ArrayList<>();

    private final Set<String> ids = new HashSet<>();
    private final Set<String> intents = new HashSet<>();
    private final LinkedHashSet<String> open = new LinkedHashSet<>();
    private final Set<String> usedHolds = new HashSet<>();
    private final Set<String> sessions = new HashSet<>();
    private long confirmed;
    private long weak;
    private long unchecked;
    private final Set<String> missingSeals = new TreeSet<>();
    private final Map<Signer, Long> signers = new HashMap<>();
    private final GlassPass glass;

    ReceiptPass(String origin, Map<String, SealDocument> seals, Consumer<Finding> problems) {
        this.origin = origin;
        this.seals = Map.copyOf(seals);
        this.problems = problems;
        this.glass = new GlassPass(this.seals);
    }

    List<String> openIntents() {
        return List.copyOf(open);
    }

    LogReport.Confirmations confirmations() {
        return new LogReport.Confirmations(
                confirmed, weak, unchecked, missingSeals, signers, unconfirmed, glass.broken());
    }

    void accept(String file, long leaf, byte[] entry) {
        try {
            Receipt receipt = Receipt.read(entry);
            inOrder(receipt).ifPresent(problem -> problems.accept(finding(file, leaf, receipt, problem)));
            if (receipt.kind() == Receipt.Kind.ADMIN) {
                glass.accept(receipt)
                        .or(() -> Practised.objection(receipt, seals))
                        .ifPresent(problem -> unconfirmed.add(finding(file, leaf, receipt, problem)));
            }
            if (receipt.kind() == Receipt.Kind.INTENT) {
                confirmation(receipt).ifPresent(problem -> unconfirmed.add(finding(file, leaf, receipt, problem)));
            }
        } catch (MalformedException e) {
            problems.accept(
                    new Finding(file, OptionalLong.of(leaf), Optional.empty(), "it is no receipt: " + e.getMessage()));
        }
    }

    private static Finding finding(String file, long leaf, Receipt receipt, String problem) {
        return new Finding(file, OptionalLong.of(leaf), Optional.of(receipt.id()), problem);
    }

    private Optional<String> inOrder(Receipt receipt) {
        if (!ids.add(receipt.id())) {
            return Optional.of("the id occurs twice");
        }
        if (!receipt.origin().equals(origin)) {
            return Optional.of("it was made for log `" + receipt.origin() + "`");
        }
        if (receipt.kind() == Receipt.Kind.INTENT) {
            intents.add(receipt.id());
            open.add(receipt.id());
        }
        return receipt.kind() == Receipt.Kind.ADMIN
                ? session(receipt)
                : receipt.intent().flatMap(this::close);
    }

    /** A record that was changed afterwards needs a second digest: each session has one. */
    private Optional<String> session(Receipt act) {
        Json.Members members = act.members();
        if (!members.get("command").equals(Optional.of(new Json.Text("session.record")))
                || members.get("result").isPresent()) { // a knock by somebody who is not entitled
            return Optional.empty();
        }
        Optional<String> lease = members.optionalText("lease");
        Optional<String> digest = members.optionalText("manifest_sha256").filter(SHA256.asMatchPredicate());
        if (lease.isEmpty() || digest.isEmpty()) {
            return Optional.of("it records a session, and names no lease or no digest");
        }
        return sessions.add(lease.get())
                ? Optional.empty()
                : Optional.of("it records the session of `" + lease.get() + "` a second time");
    }

    private Optional<String> close(String intent) {
        if (!intents.contains(intent)) {
            return Optional.of("it is the outcome of `" + intent + "`, which is no earlier intent");
        }
        return open.remove(intent) ? Optional.empty() : Optional.of("it is a second outcome of `" + intent + "`");
    }

    private Optional<String> confirmation(Receipt intent) {
        Optional<String> hold = intent.hold();
        if (hold.isPresent() && !usedHolds.add(hold.get())) {
            return Optional.of("hold `" + hold.get() + "` was used before");
        }
        Optional<SealDocument> seal =
                intent.members().optionalText("seal").flatMap(id -> Optional.ofNullable(seals.get(id)));
        IntentConfirmation evidence = new IntentConfirmation(intent);
        if (!evidence.isPresent()) {
            return missing(intent);
        }
        Optional<String> mismatch = evidence.mismatch();
        if (mismatch.isPresent()) {
            return mismatch;
        }
        if (evidence.isByBrokenGlass() && !glass.knows(evidence.statementDigest())) {
            return Optional.of("it went because glass was broken, and no receipt before it says so");
        }
        if (seal.isEmpty()) {
            unchecked++;
            intent.members().optionalText("seal").ifPresent(missingSeals::add);
            return Optional.empty();
        }
        return count(evidence.check(seal.get()));
    }

    private static Optional<String> missing(Receipt intent) {
        if (intent.hold().isPresent()) {
            return Optional.of("it was held, and carries no confirmation");
        }
        // The vault opens nothing that destroys without one, wherever that is.
        return IntentConfirmation.destroys(intent.members())
                ? Optional.of("it destroys, without confirmation")
                : Optional.empty();
    }

    private Optional<String> count(Confirmed result) {
        if (!result.isSatisfied()) {
            return Optional.of(String.join("; ", result.unmet()));
        }
        confirmed++;
        weak += result.isWeak() ? 1 : 0;
        result.signers().forEach(signer -> signers.merge(signer, 1L, Long::sum));
        return Optional.empty();
    }
}
