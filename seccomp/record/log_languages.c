#include "seccomp/record/log_languages.h"

#include "base/cleanup.h"

#include <string.h>

/* As the C library's catalogues (glibc 2.36, po/) have them. What is written the same in two languages stands with the first. */
static const struct log_phrase phrases[] = {
	{"Operace není povolena", LOG_SIGN_EPERM}, /* cs */
	{"Funkce není implementována", LOG_SIGN_ENOSYS},
	{"Chybné volání systému", LOG_SIGN_SIGSYS},
	{"Operationen er ikke tilladt", LOG_SIGN_EPERM}, /* da */
	{"Funktionen er ikke implementeret", LOG_SIGN_ENOSYS},
	{"Ugyldigt systemkald", LOG_SIGN_SIGSYS},
	{"Die Operation ist nicht erlaubt", LOG_SIGN_EPERM}, /* de */
	{"Die angeforderte Funktion ist nicht implementiert", LOG_SIGN_ENOSYS},
	{"Ungültiger Betriebssystemaufruf", LOG_SIGN_SIGSYS},
	{"Operación no permitida", LOG_SIGN_EPERM}, /* es */
	{"Función no implementada", LOG_SIGN_ENOSYS},
	{"Llamada al sistema errónea", LOG_SIGN_SIGSYS},
	{"Toiminto ei ole sallittu", LOG_SIGN_EPERM}, /* fi */
	{"Funktion toteutus puuttuu", LOG_SIGN_ENOSYS},
	{"Virheellinen järjestelmäkutsu", LOG_SIGN_SIGSYS},
	{"Opération non permise", LOG_SIGN_EPERM}, /* fr */
	{"Fonction non implantée", LOG_SIGN_ENOSYS},
	{"Appel système erroné", LOG_SIGN_SIGSYS},
	{"A művelet nem engedélyezett", LOG_SIGN_EPERM}, /* hu */
	{"A függvény nincs megvalósítva", LOG_SIGN_ENOSYS},
	{"Hibás rendszerhívás", LOG_SIGN_SIGSYS},
	{"Operazione non permessa", LOG_SIGN_EPERM}, /* it */
	{"Funzione non implementata", LOG_SIGN_ENOSYS},
	{"Chiamata di sistema errata", LOG_SIGN_SIGSYS},
	{"許可されていない操作です", LOG_SIGN_EPERM}, /* ja */
	{"関数は実装されていません", LOG_SIGN_ENOSYS},
	{"間違ったシステムコール", LOG_SIGN_SIGSYS},
	{"명령을 허용하지 않음", LOG_SIGN_EPERM}, /* ko */
	{"함수를 구현하지 않았습니다", LOG_SIGN_ENOSYS},
	{"시스템 콜이 잘못됨", LOG_SIGN_SIGSYS},
	{"Operasjonen er ikke tillatt", LOG_SIGN_EPERM}, /* nb */
	{"Funksjonen er ikke implementert", LOG_SIGN_ENOSYS},
	{"Ugyldig systemkall", LOG_SIGN_SIGSYS},
	{"Actie is niet toegestaan", LOG_SIGN_EPERM}, /* nl */
	{"Functie is niet aanwezig", LOG_SIGN_ENOSYS},
	{"Onjuiste systeemaanroep", LOG_SIGN_SIGSYS},
	{"Operacja niedozwolona", LOG_SIGN_EPERM}, /* pl */
	{"Nie zaimplementowana funkcja", LOG_SIGN_ENOSYS},
	{"Błędne wywołanie systemowe", LOG_SIGN_SIGSYS},
	{"Operação não permitida", LOG_SIGN_EPERM}, /* pt_BR */
	{"Função não implementada", LOG_SIGN_ENOSYS},
	{"Chamada de sistema inválida", LOG_SIGN_SIGSYS},
	{"Má chamada de sistema", LOG_SIGN_SIGSYS}, /* pt */
	{"Операция не позволена", LOG_SIGN_EPERM}, /* ru */
	{"Функция не реализована", LOG_SIGN_ENOSYS},
	{"Неверный системный вызов", LOG_SIGN_SIGSYS},
	{"Operationen inte tillåten", LOG_SIGN_EPERM}, /* sv */
	{"Funktion inte implementerad", LOG_SIGN_ENOSYS},
	{"Felaktigt systemanrop", LOG_SIGN_SIGSYS},
	{"İşleme izin verilmedi", LOG_SIGN_EPERM}, /* tr */
	{"İşlev bulunamadı", LOG_SIGN_ENOSYS},
	{"Sistem çağrısı hatalı", LOG_SIGN_SIGSYS},
	{"Дію заборонено", LOG_SIGN_EPERM}, /* uk */
	{"Функцію не реалізовано", LOG_SIGN_ENOSYS},
	{"Помилковий системний виклик", LOG_SIGN_SIGSYS},
	{"不允许的操作", LOG_SIGN_EPERM}, /* zh_CN */
	{"函数未实现", LOG_SIGN_ENOSYS},
	{"错误的系统调用", LOG_SIGN_SIGSYS},
	{"此項操作並不被允許", LOG_SIGN_EPERM}, /* zh_TW */
	{"功能沒有實作", LOG_SIGN_ENOSYS},
	{"無效系統呼叫", LOG_SIGN_SIGSYS},
};

size_t log_languages(const struct log_phrase **ret)
{
	*ret = phrases;
	return ARRAY_SIZE(phrases);
}

const char *log_phrase_part(const struct log_phrase *p, size_t len)
{
	size_t end = strlen(p->text);

	/* Elsewhere than in that language, its own letters are rare. */
	while (end > len && (unsigned char)p->text[end - 1] < 0x80)
		end--;
	return p->text + ((end > len ? end : strlen(p->text)) - len);
}
