package dev.interlock.evidence;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** The commands of a witness, who cosigns what it sees of logs, so that none can show others another history. */
final class WitnessCommand {

    static final String NAME = "witness";

    static final String USAGE = """
            usage: java -jar interlock-evidence.jar witness init DIR --name NAME --key FILE --vkey VKEY
                   java -jar interlock-evidence.jar witness serve DIR --listen ADDRESS:PORT --key FILE --vkey VKEY
                   java -jar interlock-evidence.jar witness once DIR --log LEDGER --key FILE --vkey VKEY [--out NOTE]

            Cosign what you see of logs, so that none can show others another history. Keep DIR, which holds what was seen:
            without it, nothing is cosigned. `init` makes the key if there is none, begins DIR, and prints the public
            key that logs and auditors need. `serve` answers logs (C2SP tlog-witness). `once` reads a copy, and prints its
            checkpoint cosigned, as a job of a few lines does.

              --name NAME       the witness's name for ever, such as witness.example/ann
              --key FILE        its private key; nobody else may read it
              --vkey VKEY       the log's key, as name+id+key, or a file that holds it; may be repeated
              --listen ADDRESS  where logs reach it, such as 127.0.0.1:7470
              --log LEDGER      the directory of a log, or of a copy
              --out NOTE        a file for the cosigned checkpoint

            example: interlock witness init /var/lib/witness --name witness.example/ann --key witness.key --vkey log.vkey
            example: interlock witness serve /var/lib/witness --listen 0.0.0.0:7470 --key witness.key --vkey log.vkey
            example: interlock witness once /var/lib/witness --log /srv/copy --key witness.key --vkey log.vkey --out note
            """;

    private final PrintStream out;
    private final PrintStream err;

    WitnessCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(List<String> args) throws IOException {
        String verb = args.size() > 1 ? args.get(1) : "";
        Arguments request = new Arguments(args.subList(Math.min(1, args.size()), args.size()), USAGE);
        return switch (verb) {
            case "init" -> begin(request);
            case "serve" -> serve(request);
            case "once" -> once(request);
            default -> throw new IllegalArgumentException("use `witness init`, `serve` or `once`");
        };
    }

    private static String required(Arguments request, String option) {
        return request.option(option).orElseThrow(() -> new IllegalArgumentException("`" + option + "` is missing"));
    }

    private int begin(Arguments request) throws IOException {
        List<VerifierKey> logs = request.logKeys();
        Path file = Path.of(required(request, "--key"));
        for (VerifierKey log : logs) {
            if (Witness.isBegun(request.path(), log)) {
                throw new IllegalArgumentException("`" + request.path() + "` witnesses `" + log.name() + "` already");
            }
        }
        boolean isNew = !Files.exists(file) && Witness.claimed(request.path()).isEmpty();
        WitnessSecret secret =
                isNew ? WitnessSecret.create(file, required(request, "--name")) : WitnessSecret.read(file);
        if (!isNew) {
            Witness.requireOwn(request.path(), secret.key());
        }
        Witness.claim(request.path(), secret.key(), logs);
        for (VerifierKey log : logs) {
            Witness.begin(request.path(), log);
        }
        out.println(secret.key());
        return Main.HOLDS;
    }

    private static Witness open(Arguments request) throws IOException {
        WitnessSecret secret = WitnessSecret.read(Path.of(required(request, "--key")));
        Witness.requireOwn(request.path(), secret.key());
        return new Witness(secret, request.path(), request.logKeys(), Clock.systemUTC());
    }

    private int serve(Arguments request) throws IOException {
        String listen = required(request, "--listen");
        int colon = listen.lastIndexOf(':');
        if (colon < 1 || !listen.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("`--listen` is written `127.0.0.1:7470`");
        }
        InetSocketAddress at =
                new InetSocketAddress(listen.substring(0, colon), Integer.parseInt(listen.substring(colon + 1)));
        try (Witness witness = open(request);
                WitnessServer server = new WitnessServer(at, witness, err)) {
            out.println("witnessing at http://" + listen.substring(0, colon) + ":" + server.port() + "/");
            new CountDownLatch(1).await(); // until the process is ended; what it has cosigned is on the disk
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Main.HOLDS;
    }

    private int once(Arguments request) throws IOException {
        List<VerifierKey> keys = request.logKeys(); // a mistake in these says nothing about the log
        try (Witness witness = open(request)) {
            return once(request, witness, StaticLog.open(Path.of(required(request, "--log")), keys));
        } catch (BadSignatureException | MalformedException e) {
            err.println("interlock witness: the log's files are not sound: " + e.getMessage());
            return Main.FAILS;
        }
    }

    private int once(Arguments request, Witness witness, StaticLog log) throws IOException {
        Checkpoint checkpoint = log.checkpoint();
        Optional<Note> before = witness.latest(checkpoint.origin());
        long old = before.map(note -> Checkpoint.read(note.text()).size()).orElse(0L);
        if (old > checkpoint.size()) {
            err.println("interlock witness: not cosigned: this witness saw " + old + " receipts of the log, and now it"
                    + " has " + checkpoint.size() + ": some were cut off, or the copy is an old one");
            return Main.FAILS;
        }
        if (!log.rootAt(checkpoint.size()).equals(checkpoint.root())) {
            throw new MalformedException("they do not lead to its signed root");
        }
        Witness.Answer answer = witness.add(log.witnessRequest(old).write());
        if (answer.status() != 200) {
            err.println("interlock witness: not cosigned, because the log contradicts what this witness saw of it: "
                    + (answer.status() == 409
                            ? "another root of the same size"
                            : answer.body().strip())
                    + "; its signed checkpoint is kept in `" + request.path() + "`");
            return Main.FAILS;
        }
        byte[] cosigned = witness.latest(checkpoint.origin()).orElseThrow().write();
        Optional<String> file = request.option("--out");
        if (file.isPresent()) {
            Witness.replace(Path.of(file.get()), cosigned);
        }
        out.write(cosigned);
        return Main.HOLDS;
    }
}
