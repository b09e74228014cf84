package dev.interlock.catalog.graphql;

import graphql.GraphQLException;
import graphql.language.AstPrinter;
import graphql.language.Document;
import graphql.parser.Parser;
import graphql.parser.ParserEnvironment;
import graphql.parser.ParserOptions;
import java.io.StringReader;
import java.util.Locale;

/** Parses and prints documents with graphql-java, within limits of our own. */
final class Documents {

    /** Maximum tokens. The introspection queries of common clients have about 700. */
    static final int MAX_TOKENS = 10_000;

    /** Maximum depth of grammar rules, graphql-java's own default. One level of selection takes about four. */
    static final int MAX_RULE_DEPTH = 500;

    /** Maximum white space. People indent by hand; more only makes the gateway work. */
    static final int MAX_BLANKS = 100_000;

    static final int MAX_CHARACTERS = 500_000;

    private static final ParserOptions OPTIONS = ParserOptions.newParserOptions()
            .maxCharacters(MAX_CHARACTERS)
            .maxTokens(MAX_TOKENS)
            .maxWhitespaceTokens(MAX_BLANKS)
            .maxRuleDepth(MAX_RULE_DEPTH)
            .captureIgnoredChars(false)
            .captureLineComments(false)
            .captureSourceLocation(false)
            .readerTrackData(false)
            .redactTokenParserErrorMessages(true)
            .parsingListener(token -> requireShortNumber(token.getText()))
            .build();

    private Documents() {}

    static Document parse(String text) {
        ParserEnvironment environment = ParserEnvironment.newParserEnvironment()
                .document(new StringReader(text))
                .parserOptions(OPTIONS)
                .locale(Locale.ROOT)
                .build();
        try {
            return Parser.parse(environment);
        } catch (GraphQLException | IllegalArgumentException | IndexOutOfBoundsException _) {
            // The latter two: the JDK's number or character class refuses a literal while the tree is built.
            throw new UnreadableGraphqlException(GraphqlRefusals.NO_GRAPHQL);
        }
    }

    /** Checks each token before the tree is built, when its numbers would be parsed. */
    private static void requireShortNumber(String token) {
        if (token.length() > JsonReader.MAX_NUMBER && isNumber(token.charAt(0))) {
            throw new UnreadableGraphqlException(GraphqlRefusals.NUMBER_TOO_LONG, JsonReader.MAX_NUMBER);
        }
    }

    /**
     * Returns whether a token that begins with {@code c} is a number. Strings begin with a quote, names with a letter.
     */
    private static boolean isNumber(char c) {
        return c == '-' || (c >= '0' && c <= '9');
    }

    static String print(Document document) {
        return AstPrinter.printAstCompact(document);
    }
}
