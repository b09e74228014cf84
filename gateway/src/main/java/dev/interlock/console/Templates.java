package dev.interlock.console;

import gg.jte.html.HtmlInterceptor;
import gg.jte.html.HtmlTemplateOutput;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;

/** Runs a compiled template. Whatever it is given is escaped for where it stands. */
final class Templates {

    private Templates() {}

    /** A call of a template's own method, with what it is to show. */
    @FunctionalInterface
    interface Template {

        /**
         * Renders it.
         *
         * @param none what could change forms on the way, which nothing here does
         */
        void render(HtmlTemplateOutput output, HtmlInterceptor none);
    }

    @SuppressWarnings("NullAway") // null is how a template is told that there is no interceptor
    static String render(Template template) {
        StringOutput page = new StringOutput();
        template.render(new OwaspHtmlTemplateOutput(page), null);
        return page.toString();
    }
}
