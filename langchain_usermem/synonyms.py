"""Words of one meaning in English, German and Spanish, about what people tell of themselves.

Each line is a meaning, and lines set further in go on with it. Words are folded: in lower case,
without accents, `ss` for a sharp s. Those that mean another thing in another of these languages
are left out ("Handy", "Kind", "once"), and so are words that English has as a stop word.
"""

SYNONYMS = """
    live reside dwell wohne wohnst wohnt wohnen wohnte gewohnt lebe lebst lebt leben lebte
        gelebt vivo vives vive viven vivimos vivir vivia vivido residir
    city town stadt stadte ciudad
    country land pais
    address adresse anschrift direccion
    move moved umgezogen umziehen zieht umzug mudo mudar mudado mudanza
        mudarme mudarse mude
    origin originally hometown native raised woher stamme stammt herkunft aufgewachsen crecio crecer
    name named call called heisse heisst heissen hiess namens nenne nennt genannt llamo llamas
        llama llaman llamar llamada llamado nombre
    birthday geburtstag cumpleanos
    born geboren nacio naci nacido nacida nacer
    age alter edad
    work job working arbeit arbeite arbeitest arbeitet arbeiten beruf beruflich jobs trabajo
        trabajas trabaja trabajan trabajar empleo profesion profession occupation
    employer company firma arbeitgeber unternehmen empresa empleador
    boss chef chefin vorgesetzter vorgesetzte jefe jefa
    colleague coworker kollege kollegin kollegen colega companero companera
    study studied studiere studiert studieren studium estudio estudia estudian estudiar estudie
    school schule escuela colegio
    learn lerne lernst lernt lernen gelernt aprendo aprende aprender
    teacher lehrer lehrerin profesor profesora
    language sprache sprachen idioma lengua
    speak spoke spoken spreche sprichst spricht sprechen hablo habla hablan hablar
    answer reply respond antwort antworte antworten geantwortet responder responde respuesta
    marry married wed verheiratet heirate heiratet heiraten geheiratet casado casada casarse
        casarme casar
    wedding hochzeit boda
    husband ehemann marido esposo
    wife ehefrau esposa
    partner girlfriend boyfriend fiancee fiance freundin lebensgefahrtin novia novio pareja
    friend freund freunde amigo amiga amigos amigas
    mother mom mum mama mutter madre
    father dad papa vater padre
    parent parents eltern padres
    sister schwester hermana
    brother bruder hermano
    sibling siblings geschwister hermanos
    daughter tochter hija
    boy sohn hijo
    child children kids kinder hijos
    uncle onkel tio
    aunt tante tia
    cousin cousine vetter primo prima
    niece nichte sobrina
    nephew neffe sobrino
    grandmother grandma granny grossmutter oma abuela
    grandfather grandpa granddad grossvater opa abuelo
    neighbour neighbor nachbar nachbarin vecino vecina
    dog puppy hund hunde hundin perro perra
    cat kitten katze katzen kater gato gata
    pet haustier haustiere mascota
    horse pferd caballo
    breed rasse raza
    favourite favorite lieblings favorito favorita favoritos preferido preferida
    prefer like love enjoy mag magst mogen gern gerne bevorzuge bevorzugt liebe liebt lieben
        prefiero prefiere preferir gusta gustan gustar encanta encantan
    hate revolting disgusting dislike loathe detest hasse hasst hassen odio odia odiar
    fear panic panik panico afraid scared fright frightened terrified phobia angst furchte furchtet
        furchten miedo teme temo asusta
    allergy allergic allergisch allergie allergien alergia alergico alergica
    eat ate eaten esse isst essen gegessen comer comida
    food dish meal speise gericht plato
    drink drank trinke trinkst trinkt trinken getrunken bebo bebe beben beber bebida
    coffee kaffee cafe
    tea tee
    bread brot
    meat fleisch carne
    cook cooks koche kocht kochen gekocht cocino cocina cocinar
    bake baked backe backt backen gebacken hornear hornea
    grow grew grown anbauen anbaut baut baue cultiva cultivo cultivar
    garden allotment garten schrebergarten jardin huerto
    car auto wagen coche carro
    drive drove driven fahre fahrst fahrt fahren gefahren conduzco conduce conducir
    bike bicycle fahrrad rad bicicleta bici ebike
    ride rode ridden
    bus autobus
    train zug tren
    plane flugzeug avion
    fly flew flown fliege fliegt fliegen geflogen vuelo volar
    travel trip journey reise reisen reist gereist viaje viajo viaja viajan viajar
    holiday vacation urlaub ferien vacaciones
    phone smartphone mobile cellphone telefon handynummer telefono movil
    computer rechner ordenador computadora
    laptop notebook portatil
    use used benutze benutzt benutzen nutze nutzt verwende verwendet uso usa utilizar utiliza
    buy bought purchase kaufe kauft kaufen gekauft compro compra comprar comprado
    sell sold verkaufe verkauft verkaufen vendo vende vender vendido
    pay paid bezahle bezahlt zahle zahlt pago paga pagar
    rent miete mieten alquiler alquila
    salary wage gehalt lohn sueldo salario
    bank konto banco
    insurance insure insured insures versichert versicherung krankenversichert seguro asegurado
    doctor physician arzt arztin medico doctora
    dentist zahnarzt zahnarztin dentista
    medicine medication drug medikament medikamente medicamento pastilla
    illness ill sick disease krank krankheit enfermo enferma enfermedad
    pain ache hurt weh schmerz schmerzen duele dolor
    injure injured injury verletzt verletzung lesion lesionado
    break broke broken gebrochen bricht rompio roto romper
    back rucken espalda
    smoke rauche rauchst raucht rauchen geraucht fumo fuma fumar
    stop stopped quit aufgehort aufhoren dejo dejar dejado
    sleep slept bed bedtime asleep schlafe schlaft schlafen duermo duerme dormir
    wake woke woken awake aufstehen aufwachen despierta despertar levanta levantarse
    run ran running laufe lauft laufen gelaufen corro corre correr jog jogging
    swim swam swum swimming schwimme schwimmt schwimmen geschwommen nado nada nadar
    climb climbing klettern klettert kletter escalar escalada
    walk spazieren spaziergang paseo pasear caminar
    dance tanze tanzt tanzen getanzt bailo baila bailar baile
    sing sang sung singe singt singen gesungen canto canta cantar
    play spiele spielst spielt spielen gespielt juego juega jugar toco toca tocar
    train trained training trainiere trainiert trainieren entreno entrena entrenar coach
        coaches
    team mannschaft equipo
    club verein
    football soccer fussball futbol
    sport sports deporte
    music musik musica
    song lied cancion
    instrument instrumento
    guitar gitarre guitarra
    piano klavier
    film movie pelicula
    series show serie
    book novel buch bucher libro
    read lese liest lesen gelesen leo leer leido
    write wrote written schreibe schreibt schreiben geschrieben escribo escribe escribir
        escrito
    author writer autor autorin schriftsteller escritor escritora
    colour color farbe
    game spiel
    begin began begun start started beginne beginnt begonnen empezo empezar comenzar
    give gave given gift present geschenk geschenkt schenke schenkt schenken schenkte regalo
        regale regala regalar
    receive received bekommen bekam erhalten recibio recibir
    find found gefunden finden encontro encontrar
    lose lost verloren verlor perdio perder
    win won gewonnen gewann gano ganar
    steal stole stolen gestohlen geklaut robaron robado robar
    leave left verlassen salir salio
    meet met treffe trifft treffen getroffen encuentro reunion meeting
    build built baute gebaut construyo construir
    make made gemacht hecho
    go went gone gehe gehst geht gehen gegangen
    come came komme kommst kommt kommen gekommen
    take took taken nehme nimmt nehmen genommen
    see saw seen
    know knew known
    think thought
    feel felt
    keep kept
    say said
    send sent
    spend spent
    teach taught
    catch caught
    bring brought
    wear wore worn trage tragt tragen getragen llevo lleva llevar
    choose chose chosen
    draw drew drawn
    fall fell fallen
    forget forgot forgotten
    hear heard
    hold held
    lead led leader leads
    ring rang rung
    shake shook shaken
    sit sat sitze sitzt sitzen gesessen
    stand stood
    throw threw thrown
    understand understood
    want wants wollen willst quiero quiere quieren querer mochte mochten
    search seek suche suchst sucht suchen gesucht busco busca buscar
    save savings spare spart sparen gespart ahorro ahorra ahorrar
    retire retired retirement rente ruhestand jubilado jubilada jubilacion
    cost price kosten kostet preis cuesta cuestan costar precio
    deliver delivered liefern geliefert entregar
    due deadline fallig frist
    tax taxes steuer steuern impuestos
    family familie familia
    vehicle fahrzeug vehiculo
    fruit obst fruta frutas
    vegetable vegetables gemuse verdura verduras
    animal tier tiere animales
    bird vogel pajaro
    fish fisch pescado
    cheese kase queso
    milk milch leche
    wine wein vino
    beer bier cerveza
    water wasser agua
    sea meer mar
    mountain mountains berg berge montana montanas
    forest wood woods wald bosque
    lake lago
    church kirche iglesia
    pupil student schuler schulerin studentin alumno alumna
    subscribe subscription abonniert abonnement abo suscripcion suscrito
    member membership mitglied mitgliedschaft miembro socio socia
    collect collects sammle sammelt sammeln colecciono colecciona coleccionar recojo recoge recoger
    volunteer volunteers ehrenamt ehrenamtlich freiwillig voluntario voluntaria
    repair repaired fix fixed repariert reparieren reparar
    operate operation surgery operiert cirugia operacion
    wish hope hofft hoffe hoffen espera esperar
    need brauche brauchst braucht brauchen necesito necesita necesitar
    avoid vermeide vermeidet vermeiden evitar evito evita
    plan plans plane geplant planea planear
    goal aim ziel objetivo meta
    hobby hobbies aficion aficiones pasatiempo
    glasses spectacles brille gafas
    appointment termin cita
    exam test prufung examen
    expire expires ablaufen lauft caduca caducar vence
    passport reisepass pass pasaporte
    licence license fuhrerschein
    flat apartment wohnung piso apartamento
    kitchen kuche cocina
    big large tall gross grosse groesse grande
    small little klein kleine pequeno pequena
    memory ram arbeitsspeicher
    kilometre kilometer kilometro
    monday montag montags lunes
    tuesday dienstag dienstags martes
    wednesday mittwoch mittwochs miercoles
    thursday donnerstag donnerstags jueves
    friday freitag freitags viernes
    saturday samstag samstags sonnabend sabado sabados
    sunday sonntag sonntags domingo domingos
    january januar enero
    february februar febrero
    march marz marzo
    april abril
    june juni junio
    july juli julio
    august agosto
    september septiembre
    october oktober octubre
    november noviembre
    december dezember diciembre
    morning morgens vormittag manana
    evening abend abends tarde
    night nacht nachts noche
    summer sommer verano
    winter invierno
    spring fruhling primavera
    autumn fall herbst otono
"""
