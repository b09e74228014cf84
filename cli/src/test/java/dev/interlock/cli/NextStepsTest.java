package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command that a message of any module names exists, with the options that it names. */
class NextStepsTest {

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"(?:\\s*\\+\\s*(?=\"))?");
    private static final Pattern COMMAND =
            Pattern.compile("(?:`(?:sudo )?|sudo |: )interlock ([a-z][a-z-]+)((?: [^`;,.()]*)?)");
    private static final Pattern OPTION = Pattern.compile("(?<= )--[a-z][a-z-]*");

    /** Starts of processes that only the package's units name. */
    private static final List<String> OTHERS = List.of("keys", "help");

    private final Map<String, CommandLine> commands = CommandModel.all().getSubcommands();

    @Test
    void everyCommandInAMessageExists() throws IOException {
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        for (Path file : sources()) {
            String text = joined(Files.readString(file));
            for (Matcher found = COMMAND.matcher(text); found.find(); seen++) {
                problem(found.group(1), found.group(2))
                        .ifPresent(why -> wrong.add(file.getFileName() + ": `" + found.group() + "`: " + why));
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).as("commands that were looked at").isGreaterThan(150);
    }

    private Optional<String> problem(String name, String rest) {
        CommandLine command = commands.get(name);
        if (command == null) {
            return OTHERS.contains(name) ? Optional.empty() : Optional.of("there is no command `" + name + "`");
        }
        String second = rest.strip().split(" ", 2)[0];
        if (!command.getSubcommands().isEmpty() && second.matches("[a-z][a-z-]+")) {
            command = command.getSubcommands().get(second);
            if (command == null) {
                return Optional.of("`" + name + "` has no command `" + second + "`");
            }
        }
        TreeSet<String> known =
                new TreeSet<>(command.getCommandSpec().optionsMap().keySet());
        String own = rest.split(" (--|&&) ", 2)[0];
        return OPTION.matcher(own)
                .results()
                .map(option -> option.group())
                .filter(option -> !known.contains(option))
                .findFirst()
                .map(option -> "it has no option `" + option + "`");
    }

    private static String joined(String source) {
        StringBuilder text = new StringBuilder();
        for (Matcher literal = LITERAL.matcher(source); literal.find(); ) {
            text.append(literal.group(1));
            if (literal.group().length() == literal.group(1).length() + 2) {
                text.append('`').append('\n'); // what is not known here, such as a name, ends it
            }
        }
        return text.toString();
    }

    private static List<Path> sources() throws IOException {
        List<Path> all = new ArrayList<>();
        Matcher modules =
                Pattern.compile("<module>([a-z-]+)</module>").matcher(Files.readString(Path.of("..", "pom.xml")));
        while (modules.find()) {
            Path main = Path.of("..", modules.group(1), "src/main/java");
            if (!Files.isDirectory(main)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(main)) {
                all.addAll(
                        files.filter(file -> file.toString().endsWith(".java")).collect(Collectors.toList()));
            }
        }
        return all;
    }
}
