package dev.interlock.evidence;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The auditor's command. It needs a JDK, a log or a proof, and keys that did not come with them. Exit codes: 0 if
 * everything holds, 1 if something does not, 2 if it could not be checked.
 */
public final class Main {

    /** The maximum number of problems in the list. Further ones are only counted. */
    static final int MOST_LISTED = 20;

    static final int HOLDS = 0;
    static final int FAILS = 1;
    static final int UNUSABLE = 2;
    private static final String USAGE = """
            usage: java -jar interlock-evidence.jar verify PATH… --vkey VKEY [option…]
                   java -jar interlock-evidence.jar report --help
                   java -jar interlock-evidence.jar export --help
                   java -jar interlock-evidence.jar reconcile --help
                   java -jar interlock-evidence.jar witness --help

            Verify logs or a proof offline, with keys that you already trust. PATH is a log's directory, a directory of
            the logs of a fleet, or a file made by `interlock prove`. Of several logs each is verified by itself, and so
            is what entries of one rest on in another. Copies of one log are compared: a log that signed two histories is
            found, with both checkpoints as the proof.

            """ + Arguments.COPY_OPTIONS + """
              --json            one JSON value instead of text

            example: interlock verify /var/lib/interlock/ledger --vkey log.vkey
            example: interlock verify receipt.proof.json --vkey log.vkey
            """;

    private final PrintStream out;
    private final PrintStream err;
    private final Optional<StatementReader> reader;

    public Main(PrintStream out, PrintStream err) {
        this(out, err, Optional.empty());
    }

    /** As the jar, and also with {@code reader}, by which it reads the logs of databases. */
    public Main(PrintStream out, PrintStream err, Optional<StatementReader> reader) {
        this.out = out;
        this.err = err;
        this.reader = reader;
    }

    public static void main(String[] args) {
        System.exit(new Main(System.out, System.err).run(List.of(args)));
    }

    public int run(List<String> args) {
        String command = args.isEmpty() ? "" : args.get(0);
        if (args.equals(List.of("--help")) || args.contains("--help")) {
            out.print(usage(command));
            return HOLDS;
        }
        String name = command.startsWith("-") || command.isEmpty() ? "verify" : command;
        try {
            return switch (command) {
                case ReportCommand.NAME, ReportCommand.SEARCH -> new ReportCommand(out).run(args);
                case WitnessCommand.NAME -> new WitnessCommand(out, err).run(args);
                case ExportCommand.NAME -> new ExportCommand(out, err).run(args);
                case ReconcileCommand.NAME -> new ReconcileCommand(out, err, reader).run(args);
                case "verify" -> verify(new Arguments(args, USAGE));
                default ->
                    throw new IllegalArgumentException(
                            "use `verify`, `report`, `receipts`, `export`, `reconcile` or `witness`");
            };
        } catch (IllegalArgumentException e) {
            err.println("interlock " + name + ": " + e.getMessage() + "; see `interlock " + name + " --help`");
            return UNUSABLE;
        } catch (IOException e) {
            err.println("interlock " + name + ": cannot read " + e.getMessage());
            return UNUSABLE;
        } catch (IllegalStateException | UncheckedIOException e) { // such as a full disk
            err.println("interlock " + name + ": " + e.getMessage());
            return UNUSABLE;
        } catch (OutOfMemoryError e) {
            err.println("interlock " + name + ": the memory is used up, and the answer is not whole; give it more, as"
                    + " by JAVA_TOOL_OPTIONS=-Xmx1g");
            return UNUSABLE;
        }
    }

    /** Returns the help of a command; each option is one line of it. */
    public static String usage(String command) {
        return switch (command) {
            case ReportCommand.NAME, ReportCommand.SEARCH -> ReportCommand.USAGE;
            case WitnessCommand.NAME -> WitnessCommand.USAGE;
            case ExportCommand.NAME -> ExportCommand.USAGE;
            case ReconcileCommand.NAME -> ReconcileCommand.USAGE;
            default -> USAGE;
        };
    }

    private int verify(Arguments request) throws IOException {
        List<Path> paths = request.paths();
        return Files.isDirectory(paths.get(0)) ? logs(request) : proof(request, paths.get(0));
    }

    private int logs(Arguments request) throws IOException {
        Map<Path, List<Path>> logs = request.logs();
        List<LogReport> reports = request.verify(logs, Collections.nCopies(logs.size(), ReceiptReader.NOBODY));
        boolean isEndKnown = request.isEndKnown(logs);
        if (request.json()) {
            List<Json.Members> all = reports.stream()
                    .map(report -> report.json().with("end_compared", isEndKnown))
                    .toList();
            Json.Members json = all.size() == 1 ? all.get(0) : Json.object().withItems("logs", all.stream());
            out.println(json.canonicalText());
        } else {
            reports.forEach(this::print);
            if (!isEndKnown) {
                out.println("not known: " + LogReport.CUT_END);
            }
        }
        return code(reports);
    }

    /** Returns the exit code for logs: what fails says more than what is not checked. */
    static int code(List<LogReport> reports) {
        List<Integer> codes = reports.stream().map(Main::code).toList();
        return codes.contains(FAILS) ? FAILS : codes.contains(UNUSABLE) ? UNUSABLE : HOLDS;
    }

    /** Returns the exit code for a log, whatever is printed about it. */
    static int code(LogReport report) {
        if (!report.recordsSound()) {
            return FAILS;
        }
        return switch (report.confirmedActionsSigned()) {
            case YES -> report.isWitnessed() ? HOLDS : UNUSABLE;
            case NO -> FAILS;
            case UNCHECKED -> UNUSABLE;
        };
    }

    /** Says that nothing is done with logs of which one is not sound; empty if all are. */
    static OptionalInt unsound(List<LogReport> reports, PrintStream err) {
        if (reports.stream().allMatch(LogReport::recordsSound)) {
            return OptionalInt.empty();
        }
        err.println("nothing more is done, as the records are not sound; see `interlock verify`");
        reports.stream()
                .flatMap(report -> report.problems().stream())
                .limit(MOST_LISTED)
                .forEach(err::println);
        return OptionalInt.of(code(reports));
    }

    private void print(LogReport report) {
        out.println("log " + report.checkpoint().origin() + ", "
                + report.checkpoint().size() + " receipts, root "
                + report.checkpoint().root());
        out.println("records sound: " + (report.recordsSound() ? "yes" : "no"));
        list(report.problems());
        if (!report.recordsSound()) {
            out.println("  " + cause(report));
        }
        LogReport.ConfirmationTotals confirmations = report.confirmations();
        out.println("every confirmed action carries its signatures: "
                + report.confirmedActionsSigned().word() + " (" + confirmations.confirmed() + " checked, "
                + confirmations.weak() + " weak, " + confirmations.unchecked() + " unchecked)");
        confirmations.signers().forEach((signer, count) -> out.println("  " + count + " by " + signer));
        list(confirmations.problems());
        if (!confirmations.missingSeals().isEmpty()) {
            out.println("  to check them, and who attested backups, give `--seal` with: "
                    + String.join(", ", confirmations.missingSeals()));
        }
        if (confirmations.unchecked() > 0) {
            out.println("  unchecked: " + confirmations.reasons());
        }
        confirmations.erased().ifPresent(what -> out.println("erased: " + what));
        report.witnesses().forEach(out::println);
        report.openIntents().forEach(id -> out.println("intent without outcome: " + id));
        if (report.unpublished() > 0) {
            out.println("not covered: " + report.unpublished()
                    + " receipts after the last checkpoint; verify again once a checkpoint covers them");
        }
    }

    private static String cause(LogReport report) {
        long altered = report.problems().stream()
                .filter(problem -> !problem.isCrashPossible())
                .count();
        return altered == 0
                ? "a crash or a power cut can have left all of this: start the gateway, which makes these files again, and verify once more"
                : "no crash leaves " + (altered == report.problems().size() ? "this" : altered + " of these")
                        + ": somebody altered files, or the disk returns other bytes than were written; keep the files, and compare with the replica";
    }

    /** Lists the first problems. One hole in a log causes a thousand problems. */
    private void list(List<?> problems) {
        problems.stream().limit(MOST_LISTED).forEach(problem -> out.println("  " + problem));
        if (problems.size() > MOST_LISTED) {
            out.println("  and " + (problems.size() - MOST_LISTED) + " more; `--json` lists them all");
        }
    }

    private int proof(Arguments request, Path path) throws IOException {
        Json.Members result = Json.object();
        List<String> shown = new ArrayList<>();
        Map<String, SealDocument> seals = new HashMap<>(request.seals());
        List<WitnessComparison.WitnessView> views = new ArrayList<>();
        byte[] file;
        try (InputStream in = Files.newInputStream(path)) {
            file = in.readNBytes(ProofBundle.MAX_BYTES + 1); // it may be a disk's image
        }
        try {
            ProofBundle bundle = ProofBundle.read(file);
            Checkpoint checkpoint = bundle.verify(request.logKeys());
            bundle.seal(request.sealKeys(), request.sealQuorum()).ifPresent(seal -> seals.put(seal.id(), seal));
            Optional<Receipt> outcome = bundle.outcome().map(ProofBundle.ProvenEntry::receipt);
            shown.addAll(ReceiptText.of(bundle.receipt()));
            outcome.map(ReceiptText::of).ifPresent(shown::addAll);
            shown.add("nobody has altered this since its checkpoint, of " + checkpoint.size() + " receipts, root "
                    + checkpoint.root() + ", was first in somebody else's hands");
            Json.Members found = Json.object()
                    .with("proven", true)
                    .with("receipt", bundle.receipt().json())
                    .with("index", bundle.call().index())
                    .with("origin", checkpoint.origin())
                    .with("size", checkpoint.size());
            Json.Members proven =
                    outcome.map(ended -> found.with("outcome", ended.json())).orElse(found);
            result = judged(bundle, seals)
                    .map(confirmation -> proven.with("confirmation", confirmation))
                    .orElse(proven);
            views.addAll(request.witnesses().of(bundle.checkpoint(), checkpoint, request.logKeys()));
        } catch (BadSignatureException | MalformedException e) {
            result = result.with("proven", false).with("problem", String.valueOf(e.getMessage()));
        }
        if (request.json()) {
            out.println(result.withItems("witnesses", views.stream().map(WitnessComparison.WitnessView::json))
                    .canonicalText());
        } else {
            out.println(sentence(result));
            views.forEach(out::println);
            shown.forEach(out::println);
        }
        if (!result.flag("proven")) {
            return FAILS;
        }
        int code = result.get("confirmation").isEmpty()
                ? HOLDS
                : switch (result.object("confirmation").text("signed")) {
                    case "yes" -> HOLDS;
                    case "no" -> FAILS;
                    default -> UNUSABLE;
                };
        boolean isWitnessed = views.stream().allMatch(view -> view.at().isPresent());
        return code == HOLDS && !isWitnessed ? UNUSABLE : code;
    }

    /**
     * Returns whether the action that is proven was confirmed, and seen by witnesses, as it needed; empty if it is
     * none.
     */
    private static Optional<Json.Members> judged(ProofBundle bundle, Map<String, SealDocument> seals)
            throws BadSignatureException {
        boolean isRefused =
                bundle.outcome().filter(ended -> ended.receipt().isUnsent()).isPresent();
        if (isRefused) {
            return Optional.empty();
        }
        Optional<SealDocument> seal =
                bundle.receipt().members().optionalText("seal").map(seals::get);
        Optional<String> unwitnessed = seal.isEmpty() ? Optional.empty() : bundle.unwitnessed(seal.get());
        return unwitnessed
                .map(why -> signed(LogReport.LogAnswer.NO).withTexts("problems", List.of(why)))
                .or(() -> {
                    Optional<Json.Members> confirmed = confirmation(bundle.receipt(), seals);
                    boolean isUnmet = confirmed
                            .filter(verdict -> verdict.text("signed").equals(LogReport.LogAnswer.NO.word()))
                            .isPresent();
                    return !isUnmet && seal.filter(bundle::isOpen).isPresent()
                            ? unchecked("it lacks the outcome, and its seal demands witnesses of what is sent")
                            : confirmed;
                });
    }

    private static Optional<Json.Members> unchecked(String why) {
        return Optional.of(signed(LogReport.LogAnswer.UNCHECKED).withTexts("problems", List.of(why)));
    }

    private static Optional<Json.Members> confirmation(Receipt receipt, Map<String, SealDocument> seals) {
        Optional<ConfirmedIntents.IntentVerdict> given = receipt.kind() == Receipt.Kind.ADMIN
                ? new ElevationPass(seals, List.of()).accept(receipt)
                : Optional.empty();
        if (given.isPresent()) {
            return given.map(Main::json);
        }
        Optional<ConfirmedIntents.IntentVerdict> attested = ReceiptPass.attestationObjection(receipt, seals)
                .<ConfirmedIntents.IntentVerdict>map(ConfirmedIntents.IntentVerdict.UnmetIntent::new)
                .or(() -> ReceiptPass.unsealed(receipt, seals)
                        .map(seal -> new ConfirmedIntents.IntentVerdict.UncheckedIntent(Optional.of(seal))));
        if (attested.isPresent()) {
            return attested.map(Main::json);
        }
        if (receipt.kind() != Receipt.Kind.INTENT) {
            return Optional.empty();
        }
        IntentConfirmation confirmation = new IntentConfirmation(receipt);
        Optional<ConfirmedIntents.IntentVerdict> verdict = confirmation.verdict(seals);
        boolean isUnmet = verdict.isPresent() && verdict.get() instanceof ConfirmedIntents.IntentVerdict.UnmetIntent;
        if (!isUnmet && receipt.members().get(ElevationPass.ELEVATION).isPresent()) {
            return unchecked("it used an elevation, which another receipt records: verify the whole log");
        }
        return verdict.or(() -> confirmation.unsealed(seals)).map(Main::json);
    }

    private static Json.Members json(ConfirmationResult confirmed) {
        return signed(confirmed.isSatisfied() ? LogReport.LogAnswer.YES : LogReport.LogAnswer.NO)
                .withItems("signers", confirmed.signers().stream().map(Signer::json))
                .withTexts("by", confirmed.signers().stream().map(Signer::toString))
                .withTexts("problems", confirmed.unmet());
    }

    private static Json.Members json(ConfirmedIntents.IntentVerdict verdict) {
        if (verdict instanceof ConfirmedIntents.IntentVerdict.SignedIntent signed) {
            return json(signed.by());
        }
        if (verdict instanceof ConfirmedIntents.IntentVerdict.UncheckedIntent unchecked) {
            return signed(LogReport.LogAnswer.UNCHECKED).withOptional("missing_seal", unchecked.seal());
        }
        if (verdict instanceof ConfirmedIntents.IntentVerdict.SealedIntent) {
            return unchecked("its texts are sealed, or erased").orElseThrow();
        }
        String problem = ((ConfirmedIntents.IntentVerdict.UnmetIntent) verdict).problem();
        return signed(LogReport.LogAnswer.NO).withTexts("problems", List.of(problem));
    }

    private static Json.Members signed(LogReport.LogAnswer answer) {
        return Json.object().with("signed", answer.word());
    }

    private static String sentence(Json.Members result) {
        return result.flag("proven")
                ? "proven: " + result.object("receipt").text("id") + " is leaf " + result.whole("index") + " of log "
                        + result.text("origin")
                        + (result.get("confirmation").isPresent()
                                ? "\n" + sentences(result.object("confirmation"))
                                : "")
                : "not proven: " + result.text("problem");
    }

    private static String sentences(Json.Members confirmation) {
        StringBuilder text = new StringBuilder("carries the signatures it needed: " + confirmation.text("signed"));
        confirmation.texts("by").forEach(by -> text.append("\n  by ").append(by));
        confirmation.texts("problems").forEach(problem -> text.append("\n  ").append(problem));
        confirmation
                .optionalText("missing_seal")
                .ifPresent(id ->
                        text.append("\n  to check them, give `--seal` with: ").append(id));
        return text.toString();
    }
}
