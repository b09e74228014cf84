package dev.interlock.cli;

import dev.interlock.evidence.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A command that the evidence jar alone can do as well. What it says about itself is what the jar's own help says. */
final class EvidenceCommand implements Callable<Integer> {

    private static final Pattern OPTION = Pattern.compile(" +(--[a-z-]+) +([A-Z:]+)? +(.*)");

    private static final String COPY = " --vkey log.vkey /mnt/copy/ledger";

    private static final Map<String, String[]> EXAMPLES = Map.of(
            "report", new String[] {"  interlock report --from 2026-11-01 --to 2026-12-01" + COPY + " > report.html"},
            "export", new String[] {"  interlock export --format ocsf --cursor siem.cursor" + COPY + " >> siem.ndjson"},
            "reconcile", new String[] {"  interlock reconcile --provider postgres --events postgresql.json" + COPY},
            "verify",
                    new String[] {
                        "  interlock verify /var/lib/interlock/ledger --vkey log.vkey",
                        "  interlock verify receipt.proof.json --vkey log.vkey"
                    },
            "witness",
                    new String[] {
                        "  interlock witness init /var/lib/witness --name witness.example/ann --key witness.key --vkey log.vkey",
                        "  interlock witness serve /var/lib/witness --listen 0.0.0.0:7470 --key witness.key --vkey log.vkey",
                        "  interlock witness once /var/lib/witness --log /srv/copy --key witness.key --vkey log.vkey --out note"
                    });

    private final CommandSpec spec;

    private EvidenceCommand(String name) {
        String[] help = Main.usage(name).split("\n\n");
        spec = CommandSpec.wrapWithoutInspection(this).name(name);
        spec.usageMessage().description(help[1].replace('\n', ' ')).footer(EXAMPLES.get(name));
        String labels = name.equals("witness") ? "init|serve|once DIR" : name.equals("verify") ? "PATH" : "LEDGER";
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel(labels)
                .hideParamSyntax(true)
                .arity("1..2")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description("The directory of a log or of a copy, unless it is said otherwise above.")
                .build());
        Main.usage(name).lines().map(OPTION::matcher).filter(Matcher::matches).forEach(this::add);
    }

    private void add(Matcher option) {
        String words = option.group(3);
        OptionSpec.Builder builder = OptionSpec.builder(option.group(1))
                .description(words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1) + ".");
        spec.addOption(
                option.group(2) == null
                        ? builder.type(boolean.class).build()
                        : builder.paramLabel(option.group(2))
                                .arity("1")
                                .type(List.class)
                                .auxiliaryTypes(String.class)
                                .build());
    }

    static CommandLine of(String name) {
        return new CommandLine(new EvidenceCommand(name).spec);
    }

    @Override
    public Integer call() {
        CommandLine.ParseResult given = spec.commandLine().getParseResult();
        List<String> arguments = new ArrayList<>(List.of(spec.name()));
        given.matchedPositionals().forEach(parameter -> arguments.addAll(parameter.stringValues()));
        given.matchedOptions().forEach(option -> option.stringValues().forEach(value -> {
            arguments.add(option.longestName());
            if (option.arity().max() > 0) {
                arguments.add(value);
            }
        }));
        return new Main(System.out, System.err).run(arguments);
    }
}
