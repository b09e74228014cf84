package dev.interlock.cli;

import dev.interlock.evidence.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A command that the evidence jar alone can do as well, but for logs of databases. What it says about itself is what
 * the jar's own help says.
 */
final class EvidenceCommand implements Callable<Integer> {

    private static final Pattern OPTION = Pattern.compile(" +(--[a-z-]+) +([A-Z:]+)? +(.*)");
    private static final String EXAMPLE = "example:";

    private final CommandSpec spec;

    private EvidenceCommand(String name, String parameters) {
        String help = Main.usage(name);
        spec = CommandSpec.wrapWithoutInspection(this).name(name);
        spec.usageMessage()
                .description(help.split("\n\n", -1)[1].replace('\n', ' '))
                .footer(help.lines()
                        .filter(line -> line.startsWith(EXAMPLE))
                        .map(line -> " " + line.substring(EXAMPLE.length()))
                        .toArray(String[]::new));
        boolean isOne = !parameters.contains(" ");
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel(parameters)
                .hideParamSyntax(true)
                .arity(isOne ? "1" : "2")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description(isOne ? "The directory of a log, or of a copy." : "What to do, and where.")
                .build());
        withOptions(spec, name);
    }

    /** Adds the options of the jar's command {@code name} that {@code spec} does not have. */
    static CommandLine withOptions(CommandSpec spec, String name) {
        Main.usage(name).lines().map(OPTION::matcher).filter(Matcher::matches).forEach(option -> {
            String words = option.group(3);
            OptionSpec.Builder builder = OptionSpec.builder(option.group(1))
                    .description(words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1) + ".");
            if (option.group(2) == null) {
                builder.type(boolean.class);
            } else {
                builder.paramLabel(option.group(2)).arity("1").type(List.class).auxiliaryTypes(String.class);
            }
            if (spec.findOption(option.group(1)) == null) {
                spec.addOption(builder.build());
            }
        });
        return new CommandLine(spec);
    }

    static CommandLine of(String name, String parameters) {
        return new CommandLine(new EvidenceCommand(name, parameters).spec);
    }

    /** Returns those of the jar's options that were given, as the jar reads them. */
    static List<String> options(CommandSpec spec) {
        List<String> options = new ArrayList<>();
        spec.commandLine().getParseResult().matchedOptions().stream()
                .filter(option -> option.userObject() == null) // others are fields of commands
                .forEach(option -> option.stringValues().forEach(value -> {
                    options.add(option.longestName());
                    options.addAll(option.arity().max() > 0 ? List.of(value) : List.of());
                }));
        return options;
    }

    @Override
    public Integer call() {
        List<String> arguments = new ArrayList<>(List.of(spec.name()));
        spec.commandLine().getParseResult().matchedPositionals().forEach(each -> arguments.addAll(each.stringValues()));
        arguments.addAll(options(spec));
        return new Main(System.out, System.err, Optional.of(new LoggedSql())).run(arguments);
    }
}
