package dev.interlock.reference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Javadoc comments of one source file, as Markdown. */
final class SourceComments {

    private static final Pattern CONSTANT = Pattern.compile(
            "/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s+(?:@\\w+\\([^)]*\\)\\s+)?(?:[\\w ]*\\bint )?([A-Z][A-Z_]*)\\b");
    private static final Pattern TAG = Pattern.compile("\\{@(?:code|link|linkplain) #?([^}]*)}");

    private final String source;

    private SourceComments(String source) {
        this.source = source;
    }

    /** Reads the file of {@code name}, a class of {@code module}. */
    static SourceComments of(String module, String name) throws IOException {
        return new SourceComments(
                Files.readString(Path.of("..", module, "src/main/java", name.replace('.', '/') + ".java")));
    }

    /** Returns the first sentences of the comment of the record {@code name}, without its parameters. */
    String of(String name) {
        return markdown(comment(name).split("@param", 2)[0]);
    }

    /** Returns the comments of the components of the record {@code name}. */
    Map<String, String> parameters(String name) {
        Map<String, String> all = new LinkedHashMap<>();
        String[] parts = comment(name).split("@param ", -1);
        for (int i = 1; i < parts.length; i++) {
            String[] parameter = parts[i].split("\\s+", 2);
            all.put(parameter[0], markdown(parameter[1]));
        }
        return all;
    }

    /** Returns the comments of the file's constants, in its order. */
    Map<String, String> constants() {
        Map<String, String> all = new LinkedHashMap<>();
        CONSTANT.matcher(source).results().forEach(found -> all.put(found.group(2), markdown(plain(found))));
        return all;
    }

    private String comment(String name) {
        Matcher declaration = Pattern.compile(
                        "/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s+(?:public )?record " + Pattern.quote(name) + "\\(")
                .matcher(source);
        if (!declaration.find()) {
            throw new IllegalStateException("the record " + name + " has no comment");
        }
        return plain(declaration.toMatchResult());
    }

    private static String plain(MatchResult comment) {
        return comment.group(1).replaceAll("(?m)^\\s*\\* ?", "");
    }

    private static String markdown(String text) {
        return TAG.matcher(text)
                .replaceAll(tag -> Matcher.quoteReplacement("`" + tag.group(1) + "`"))
                .replace("<p>", "")
                .replaceAll("\\s+", " ")
                .strip();
    }
}
